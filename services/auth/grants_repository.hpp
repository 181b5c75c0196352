// Authorization codes and what they are traded for (RFC 6749 §4.1), with the person's consent.
#pragma once

#include "services/auth/clients_repository.hpp"
#include "services/auth/sessions_repository.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

/// What a person has just allowed.
struct Permission {
    ClientId client_id{};
    std::string redirect_uri{};
    Scopes scopes{};
    std::string code_challenge{};
    std::optional<std::string> nonce{};
};

/// What an application brings to have it.
struct Redemption {
    OpaqueToken code;
    StoredClient client;
    std::string redirect_uri;
    std::string verifier;
};

struct RedeemedGrant {
    SignedIn signed_in;
    std::optional<std::string> nonce{};
    /// When the person proved who they are.
    Timestamp authenticated_at{};
};

/// `revoked` is the session that a second use of the code has ended: publish it before the refusal is answered.
struct RedemptionOutcome {
    std::optional<RedeemedGrant> grant{};
    std::optional<SessionId> revoked{};
};

class GrantsRepository {
public:
    GrantsRepository(pg::Pool& pool, Clock& clock, Seconds refresh_life, Seconds access_life)
        : pool_(pool), clock_(clock), refresh_life_(refresh_life), access_life_(access_life) {}

    /// A code that is good once, for a minute.
    awaitable<OpaqueToken> permit(Permission permission, Audited audited);
    /// No grant: the code is unknown, used, expired, another client's or for another redirect URI, the verifier is wrong, or
    /// the account may not sign in any more. All the same to who asks.
    awaitable<RedemptionOutcome> redeem(Redemption redemption, Device device, std::string correlation_id);
    awaitable<> sweep();

private:
    pg::Pool& pool_;
    Clock& clock_;
    Seconds refresh_life_;
    Seconds access_life_;
};

}  // namespace darkroom::accounts
