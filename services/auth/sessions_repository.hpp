// Sessions and their refresh tokens in PostgreSQL: the truth that Redis only announces.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/accounts_repository.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/device.hpp"
#include "services/auth/domain/oauth_client.hpp"
#include "services/auth/domain/token_family.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

/// A session with the token that its client gets.
struct SignedIn {
    Account account;
    SessionId session_id;
    OpaqueToken refresh_token;
    /// Of a session that belongs to an application.
    Scopes scopes{};
};

/// A device that is signed in, as GET /auth/sessions shows it.
struct SessionRow {
    SessionId id{};
    Timestamp created_at{};
    Timestamp last_used_at{};
    Timestamp expires_at{};
    std::string user_agent{};
    std::string ip{};
    /// The application that acts in it, by name; none for the person's own.
    std::optional<std::string> application{};
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id, created_at, last_used_at, expires_at, user_agent, ip, application))

/// What a refresh token stands for, for the client that it belongs to.
struct RefreshTokenFacts : Account {
    SessionId session_id{};
    Scopes scopes{};
    Timestamp session_created_at{};
    Timestamp session_expires_at{};
};
BOOST_DESCRIBE_STRUCT(RefreshTokenFacts, (Account), (session_id, scopes, session_created_at, session_expires_at))

/// The result of a refresh. Where a token was used twice, `revoked` is the session that this has ended: publish it before the
/// refusal is answered.
struct RefreshOutcome {
    Result<SignedIn> result;
    std::optional<SessionId> revoked{};
};

struct RevocationPage {
    std::vector<SessionId> session_ids;
    Timestamp as_of;
};

class SessionsRepository {
public:
    /// `grace`: for how long after a rotation the token before is still taken, so that tabs of one browser that refresh at the
    /// same time all stay signed in. It gives a thief as much time unseen; zero for none.
    SessionsRepository(pg::Pool& pool, Clock& clock, Seconds refresh_life, Seconds grace = Seconds{0})
        : pool_(pool), clock_(clock), refresh_life_(refresh_life), grace_(grace) {}

    /// Nothing when the account is not active or its password hash is not `password_hash` any more.
    awaitable<std::optional<SignedIn>> start(UserId account, std::string password_hash, Device device,
                                             std::string correlation_id);
    /// `client_id` is the application that the session must belong to; empty: to the person alone.
    awaitable<RefreshOutcome> refresh(OpaqueToken token, std::string client_id, Device device, std::string correlation_id);
    /// The current refresh token of a live session of that application.
    awaitable<std::optional<RefreshTokenFacts>> find_by_refresh_token(OpaqueToken token, std::string client_id);
    /// Whether the session is live and belongs to that application.
    awaitable<bool> belongs_to(SessionId session, std::string client_id);
    /// The session's own end. False when there is no such live session of that account.
    awaitable<bool> sign_out(UserId account, SessionId session, std::string correlation_id);
    /// The same from another device, which is worth an audit event.
    awaitable<bool> revoke(SessionId session, Audited audited);

    awaitable<std::int64_t> count_live(UserId account);
    awaitable<std::vector<SessionRow>> list_live(UserId account, std::int64_t limit, std::int64_t offset);
    /// When each was seen, in milliseconds since 1970. What is unknown, over or in other hands just now is passed over.
    awaitable<> note_use(std::vector<SessionId> sessions, std::vector<std::int64_t> times);
    awaitable<RevocationPage> revoked_since(Timestamp since);
    /// Deletes what expired or was revoked over a week ago, at most `limit` sessions; how many those were.
    awaitable<std::int64_t> sweep(std::int64_t limit);

private:
    pg::Pool& pool_;
    Clock& clock_;
    Seconds refresh_life_;
    Seconds grace_;
};

/// The application that a session belongs to.
struct SessionClient {
    std::string client_id{};
    Scopes scopes{};
    /// Else there is no refresh token for it.
    bool renewable = true;
};

/// Inserts the family as a session, the person's own without `client`, with its refresh token. The caller commits.
awaitable<> insert_session(pg::Transaction& transaction, TokenFamilyState family, Device device,
                           std::optional<SessionClient> client = std::nullopt);

/// Every way in to an account whose rights have changed: all sessions, and the tokens of API keys. The caller commits and
/// publishes.
awaitable<std::vector<SessionId>> end_access(pg::Transaction& transaction, UserId account, std::string correlation_id);

/// Ends every live session of the account but `keep` (empty: all), each with its event; the caller commits and publishes.
awaitable<std::vector<SessionId>> revoke_sessions(pg::Transaction& transaction, UserId account, SessionId keep,
                                                  std::string correlation_id);

}  // namespace darkroom::accounts
