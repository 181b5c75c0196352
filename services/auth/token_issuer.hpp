// Makes and reads this system's access tokens.
#pragma once

#include "platform/auth/jwt.hpp"
#include "platform/core/time.hpp"
#include "services/auth/clients_repository.hpp"
#include "services/auth/domain/account.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

/// The standard claims of OpenID Connect Core §5.1 that `scopes` name.
json::Object person_claims(const Account& account, const Scopes& scopes);

/// What narrows a token that is not for the person in a session of their own.
struct TokenScope {
    std::vector<std::string> scopes;
    Seconds life;
    /// Of the application, where there is one.
    std::string client_id{};
};

/// Access tokens are at+jwt (RFC 9068).
class TokenIssuer {
public:
    /// The first key signs access tokens; ID tokens are signed by the first RSA or P-256 key, because few applications know
    /// Ed25519; all of them are published, so that tokens of earlier keys stay good.
    TokenIssuer(std::vector<auth::KeyMaterial> keys, const Clock& clock, Seconds life, std::string public_issuer);

    /// For people: audience "darkroom".
    std::string issue(const Account& account, const SessionId& session) const;
    /// For an API key or an application that acts for a person.
    std::string issue(const Account& account, const SessionId& grant, const TokenScope& scope) const;
    /// For a program that acts for itself: `scopes` and the least role that has them.
    std::string issue_to_client(const StoredClient& client, const Scopes& scopes) const;
    /// Who signed in, for the application alone (OpenID Connect Core §2): profile and e-mail by scope.
    std::string issue_id_token(const Account& account, const StoredClient& client, const Scopes& scopes,
                               Timestamp authenticated_at, const std::optional<std::string>& nonce) const;
    /// For a service that calls another: one audience, no role.
    std::string issue_to_service(const std::string& client_id, const std::string& audience) const;
    Seconds life() const { return life_; }

    /// Signature, time, issuer and audience; whether the session has ended is the database's to say.
    Result<auth::Caller> read(std::string_view token) const;
    /// The claims behind it.
    Result<json::Object> claims_of(std::string_view token) const;
    /// The issuer of ID tokens and of the discovery document: where people reach the gateway.
    const std::string& public_issuer() const { return public_issuer_; }
    /// How ID tokens may be signed.
    json::Array id_token_algorithms() const;
    /// {"keys": […]}, RFC 7517.
    const json::Object& key_set() const { return key_set_; }

private:
    json::Object claims_for(std::string subject, const std::string& audience, Seconds life) const;
    json::Object claims_for(const Account& account, const SessionId& session, Seconds life) const;

    const auth::SigningKey& key() const { return signing_keys_.front(); }
    const auth::SigningKey& id_token_key() const;

    std::vector<auth::SigningKey> signing_keys_;
    const Clock& clock_;
    Seconds life_;
    std::string public_issuer_;
    json::Object key_set_;
    auth::KeySet keys_;
};

}  // namespace darkroom::accounts
