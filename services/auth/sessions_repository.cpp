#include "services/auth/sessions_repository.hpp"

#include "services/auth/account_events.hpp"
#include "services/auth/api_keys_repository.hpp"
#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

namespace {

// Takes the account's row lock: a suspension or a new password either comes first and is seen, or comes later and ends the
// session.
constexpr pg::Query touch_account{"accounts.touch_last_login", R"sql(
    UPDATE auth.accounts SET last_login = now() WHERE id = $1 AND password_hash = $2 AND status = 'active'
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

constexpr pg::Query insert_row{"sessions.insert", R"sql(
    INSERT INTO auth.sessions (id, account_id, current_token, expires_at, user_agent, address, client_id, scopes)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

// True when the account was signed in to before, and never from such a device. Both parts see the table as it was before.
constexpr pg::Query note_device{"known_devices.note", R"sql(
    WITH earlier AS (SELECT family FROM auth.known_devices WHERE account_id = $1),
         noted AS (INSERT INTO auth.known_devices (account_id, family) VALUES ($1, $2)
                   ON CONFLICT (account_id, family) DO UPDATE SET last_seen_at = now())
    SELECT EXISTS (SELECT 1 FROM earlier) AND NOT EXISTS (SELECT 1 FROM earlier WHERE family = $2)
)sql"};

constexpr pg::Query insert_token{"refresh_tokens.insert", R"sql(
    INSERT INTO auth.refresh_tokens (token_hash, session_id) VALUES ($1, $2)
)sql"};

// Locks the session, so that two uses of one token take turns and the second is known as reuse.
constexpr pg::Query lock_family{"sessions.lock_by_token", R"sql(
    SELECT s.id AS session_id, s.account_id, s.current_token, s.expires_at, s.revoked_at, coalesce(s.scopes, '{}') AS scopes
    FROM auth.refresh_tokens t JOIN auth.sessions s ON s.id = t.session_id
    WHERE t.token_hash = $1 AND coalesce(s.client_id, '') = $2
    FOR UPDATE OF s
)sql"};

// Whether it is the one before the current one, and that was traded just now.
constexpr pg::Query is_graced{"refresh_tokens.is_graced", R"sql(
    SELECT s.rotated_at > now() - $3::interval AND $2 = (
        SELECT token_hash FROM auth.refresh_tokens WHERE session_id = s.id AND token_hash <> s.current_token
        ORDER BY issued_at DESC LIMIT 1)
    FROM auth.sessions s WHERE s.id = $1
)sql"};

struct StoredFamily : TokenFamilyState {
    Scopes scopes{};
};
BOOST_DESCRIBE_STRUCT(StoredFamily, (TokenFamilyState), (scopes))

constexpr pg::Query find_token{"refresh_tokens.find", R"sql(
    SELECT a.id, a.email, a.username, a.full_name, a.role, a.status, a.avatar_url, a.created_at, a.updated_at, a.last_login,
           a.version, s.id AS session_id, coalesce(s.scopes, '{}') AS scopes, s.created_at AS session_created_at,
           s.expires_at AS session_expires_at
    FROM auth.sessions s JOIN auth.accounts a ON a.id = s.account_id
    WHERE s.current_token = $1 AND s.client_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.status = 'active'
      AND EXISTS (SELECT 1 FROM auth.refresh_tokens t WHERE t.token_hash = $1 AND t.session_id = s.id)
)sql"};

constexpr pg::Query find_owner{"sessions.belongs_to", R"sql(
    SELECT EXISTS (SELECT 1 FROM auth.sessions WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL)
)sql"};

constexpr pg::Query rotate_session{"sessions.rotate", R"sql(
    UPDATE auth.sessions SET current_token = $2, expires_at = $3, last_used_at = now(), rotated_at = now(), user_agent = $4, address = $5
    WHERE id = $1
)sql"};

constexpr pg::Query find_account{"accounts.find_for_refresh", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts WHERE id = $1
)sql"};

constexpr pg::Query revoke_one{"sessions.revoke", R"sql(
    UPDATE auth.sessions SET revoked_at = clock_timestamp() WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL
)sql"};

constexpr pg::Query revoke_all{"sessions.revoke_all", R"sql(
    UPDATE auth.sessions SET revoked_at = clock_timestamp()
    WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL AND expires_at > now()
    RETURNING id
)sql"};

constexpr pg::Query count_sessions{"sessions.count_live", R"sql(
    SELECT count(*) FROM auth.sessions WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > now()
)sql"};

constexpr pg::Query list_sessions{"sessions.list_live", R"sql(
    SELECT s.id, s.created_at, s.last_used_at, s.expires_at, s.user_agent, s.address AS ip, c.name AS application
    FROM auth.sessions s LEFT JOIN auth.oauth_clients c ON c.client_id = s.client_id
    WHERE s.account_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
    ORDER BY s.created_at DESC, s.id DESC LIMIT $2 OFFSET $3
)sql"};

// A row that is locked is being renewed, which notes it too, or ended.
constexpr pg::Query note_uses{"sessions.note_use", R"sql(
    WITH live AS MATERIALIZED (
        SELECT id FROM auth.sessions WHERE id = ANY ($1::text[]) AND revoked_at IS NULL FOR UPDATE SKIP LOCKED
    )
    UPDATE auth.sessions AS s SET last_used_at = greatest(s.last_used_at, to_timestamp(seen.ms / 1000.0))
    FROM live JOIN unnest($1::text[], $2::bigint[]) AS seen(id, ms) ON seen.id = live.id
    WHERE s.id = live.id
)sql"};

constexpr pg::Query list_revoked{"sessions.revoked_since", R"sql(
    SELECT id FROM (SELECT id, revoked_at FROM auth.sessions
                    UNION ALL SELECT session_id, revoked_at FROM auth.ended_sessions) AS ended
    WHERE revoked_at >= $1 ORDER BY revoked_at
)sql"};

constexpr pg::Query database_time{"sessions.database_time", "SELECT clock_timestamp()"};

constexpr pg::Query sweep_sessions{"sessions.sweep", R"sql(
    DELETE FROM auth.sessions WHERE id IN (
        SELECT id FROM auth.sessions
        WHERE expires_at < now() - interval '7 days' OR revoked_at < now() - interval '7 days'
        LIMIT $1 FOR UPDATE SKIP LOCKED)
)sql"};

// Whoever comes back after a year may hear of it.
constexpr pg::Query forget_devices{"known_devices.sweep", R"sql(
    DELETE FROM auth.known_devices WHERE last_seen_at < now() - interval '1 year'
)sql"};

awaitable<> append_logout(pg::Transaction& transaction, UserId account, SessionId session, std::string correlation_id) {
    const auto logout = logout_event(account, session);
    co_await bus::outbox::append(transaction, logout, event_context(account, std::move(correlation_id)));
}

}  // namespace

awaitable<> insert_session(pg::Transaction& transaction, TokenFamilyState family, Device device,
                           std::optional<SessionClient> client) {
    std::optional<std::string> client_id;
    std::optional<Scopes> scopes;
    if (client) client_id = client->client_id;
    if (client) scopes = client->scopes;
    co_await transaction.execute(insert_row, family.session_id, family.account_id, family.current_token, family.expires_at,
                                 device.user_agent, device.address, client_id, scopes);
    const bool renewable = !client || client->renewable;
    if (renewable) co_await transaction.execute(insert_token, family.current_token, family.session_id);
}

awaitable<std::vector<SessionId>> revoke_sessions(pg::Transaction& transaction, UserId account, SessionId keep,
                                                  std::string correlation_id) {
    auto revoked = co_await transaction.all<SessionId>(revoke_all, account, keep);
    for (const auto& session : revoked) co_await append_logout(transaction, account, session, correlation_id);
    co_return revoked;
}

awaitable<std::vector<SessionId>> end_access(pg::Transaction& transaction, UserId account, std::string correlation_id) {
    auto ended = co_await revoke_sessions(transaction, account, SessionId{}, std::move(correlation_id));
    const auto grants = co_await end_key_grants(transaction, account);
    ended.insert(ended.end(), grants.begin(), grants.end());
    co_return ended;
}

awaitable<std::optional<SignedIn>> SessionsRepository::start(UserId account_id, std::string password_hash, Device device,
                                                             std::string correlation_id) {
    const auto family = TokenFamily::start(account_id, clock_.now(), refresh_life_);
    const auto state = family.state();
    auto transaction = co_await pool_.begin();
    const auto account = co_await transaction.maybe<Account>(touch_account, account_id, password_hash);
    if (!account) co_return std::nullopt;
    co_await insert_session(transaction, state, device);
    auto login = login_event(account_id, state.session_id);
    login.new_device = co_await transaction.one<bool>(note_device, account_id, device_family(device.user_agent));
    if (!device.address.empty()) login.ip = device.address;
    if (!device.user_agent.empty()) login.user_agent = device.user_agent;
    co_await bus::outbox::append(transaction, login, event_context(account_id, std::move(correlation_id)));
    co_await transaction.commit();
    co_return SignedIn{*account, state.session_id, family.current()};
}

awaitable<RefreshOutcome> SessionsRepository::refresh(OpaqueToken token, std::string client_id, Device device,
                                                      std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    auto stored = co_await transaction.maybe<StoredFamily>(lock_family, token.hash(), client_id);
    if (!stored) co_return RefreshOutcome{refresh_token_invalid()};
    const bool was_revoked = stored->revoked_at.has_value();
    const auto scopes = stored->scopes;
    if (grace_ > Seconds{0} && !was_revoked && stored->current_token != token.hash()) {
        const bool graced = co_await transaction.one<bool>(is_graced, stored->session_id, token.hash(), grace_);
        if (graced) stored->current_token = token.hash();
    }
    TokenFamily family(static_cast<TokenFamilyState&&>(*stored));
    const auto state_before = family.state();
    const auto rotated = family.rotate(token, clock_.now(), refresh_life_);
    if (!rotated) {
        RefreshOutcome refusal{rotated.error()};
        if (was_revoked || !family.is_revoked()) co_return refusal;
        co_await transaction.execute(revoke_one, state_before.session_id, state_before.account_id);
        co_await append_logout(transaction, state_before.account_id, state_before.session_id, correlation_id);
        const Audited audited{state_before.account_id, std::move(device), std::move(correlation_id)};
        co_await append_audit<events::AuditRefreshReused>(transaction, audited, {.subject_id = state_before.session_id.text()});
        co_await transaction.commit();
        refusal.revoked = state_before.session_id;
        co_return refusal;
    }
    const auto state = family.state();
    const auto account = co_await transaction.one<Account>(find_account, state.account_id);
    const auto allowed = check_may_sign_in(account.status);
    if (!allowed) co_return RefreshOutcome{allowed.error()};
    co_await transaction.execute(insert_token, state.current_token, state.session_id);
    co_await transaction.execute(rotate_session, state.session_id, state.current_token, state.expires_at, device.user_agent,
                                 device.address);
    const auto refreshed = refreshed_event(state.account_id, state.session_id);
    co_await bus::outbox::append(transaction, refreshed, event_context(state.account_id, std::move(correlation_id)));
    co_await transaction.commit();
    co_return RefreshOutcome{SignedIn{account, state.session_id, family.current(), scopes}};
}

awaitable<std::optional<RefreshTokenFacts>> SessionsRepository::find_by_refresh_token(OpaqueToken token,
                                                                                      std::string client_id) {
    co_return co_await pool_.maybe<RefreshTokenFacts>(find_token, token.hash(), client_id);
}

awaitable<bool> SessionsRepository::belongs_to(SessionId session, std::string client_id) {
    co_return co_await pool_.one<bool>(find_owner, session, client_id);
}

awaitable<bool> SessionsRepository::sign_out(UserId account, SessionId session, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const auto revoked = co_await transaction.execute(revoke_one, session, account);
    if (revoked == 0) co_return false;
    co_await append_logout(transaction, std::move(account), std::move(session), std::move(correlation_id));
    co_await transaction.commit();
    co_return true;
}

awaitable<bool> SessionsRepository::revoke(SessionId session, Audited audited) {
    auto transaction = co_await pool_.begin();
    const auto revoked = co_await transaction.execute(revoke_one, session, audited.account);
    if (revoked == 0) co_return false;
    co_await append_logout(transaction, audited.account, session, audited.correlation_id);
    co_await append_audit<events::AuditSessionRevoked>(transaction, audited, {.subject_id = session.text()});
    co_await transaction.commit();
    co_return true;
}

awaitable<std::int64_t> SessionsRepository::count_live(UserId account) {
    co_return co_await pool_.one<std::int64_t>(count_sessions, account);
}

awaitable<std::vector<SessionRow>> SessionsRepository::list_live(UserId account, std::int64_t limit, std::int64_t offset) {
    co_return co_await pool_.all<SessionRow>(list_sessions, account, limit, offset);
}

awaitable<> SessionsRepository::note_use(std::vector<SessionId> sessions, std::vector<std::int64_t> times) {
    co_await pool_.execute(note_uses, sessions, times);
}

awaitable<RevocationPage> SessionsRepository::revoked_since(Timestamp since) {
    // Before the list is read: what is revoked in between is then asked for again.
    const auto as_of = co_await pool_.one<Timestamp>(database_time);
    auto session_ids = co_await pool_.all<SessionId>(list_revoked, since);
    co_return RevocationPage{std::move(session_ids), as_of};
}

awaitable<std::int64_t> SessionsRepository::sweep(std::int64_t limit) {
    co_await pool_.execute(forget_devices);
    co_return co_await pool_.execute(sweep_sessions, limit);
}

}  // namespace darkroom::accounts
