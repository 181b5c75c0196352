#include "services/auth/clients_repository.hpp"

#include "services/auth/account_events.hpp"

#include <algorithm>

namespace darkroom::accounts {

namespace {

constexpr pg::Query insert_client{"oauth_clients.insert", R"sql(
    INSERT INTO auth.oauth_clients (client_id, name, secret_hash, redirect_uris, grant_types, scopes, grant_id, created_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING client_id, name, redirect_uris, grant_types, scopes, secret_hash IS NOT NULL AS confidential, created_at
)sql"};

constexpr pg::Query find_client{"oauth_clients.find", R"sql(
    SELECT client_id, name, redirect_uris, grant_types, scopes, secret_hash IS NOT NULL AS confidential, created_at, secret_hash,
           grant_id
    FROM auth.oauth_clients WHERE client_id = $1
)sql"};

constexpr pg::Query count_clients{"oauth_clients.count", "SELECT count(*) FROM auth.oauth_clients"};

constexpr pg::Query list_clients{"oauth_clients.list", R"sql(
    SELECT client_id, name, redirect_uris, grant_types, scopes, secret_hash IS NOT NULL AS confidential, created_at
    FROM auth.oauth_clients ORDER BY created_at DESC, client_id DESC LIMIT $1 OFFSET $2
)sql"};

// Nobody can begin a session with it any more.
constexpr pg::Query lock_client{"oauth_clients.lock", R"sql(
    SELECT grant_id FROM auth.oauth_clients WHERE client_id = $1 FOR UPDATE
)sql"};

struct EndedSession {
    SessionId id{};
    UserId account_id{};
};
BOOST_DESCRIBE_STRUCT(EndedSession, (), (id, account_id))

constexpr pg::Query end_sessions{"oauth_clients.end_sessions", R"sql(
    UPDATE auth.sessions SET revoked_at = clock_timestamp() WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > now()
    RETURNING id, account_id
)sql"};

constexpr pg::Query delete_client{"oauth_clients.delete", "DELETE FROM auth.oauth_clients WHERE client_id = $1"};

}  // namespace

bool OauthClient::may_use(GrantType grant) const {
    return std::ranges::find(grant_types, grant) != grant_types.end();
}

awaitable<OauthClient> insert_oauth_client(pg::Transaction& transaction, NewClient input, Audited audited) {
    const auto created = co_await transaction.one<OauthClient>(insert_client, ClientId::create(), input.name, input.secret_hash,
                                                               input.redirect_uris, input.grant_types, input.scopes,
                                                               SessionId::create(), audited.account);
    co_await append_audit<events::AuditClientCreated>(transaction, audited, {.subject_id = created.client_id.text()});
    co_return created;
}

awaitable<std::optional<StoredClient>> ClientsRepository::find(std::string client_id) {
    if (!is_id(client_id)) co_return std::nullopt;
    co_return co_await pool_.maybe<StoredClient>(find_client, client_id);
}

awaitable<std::int64_t> ClientsRepository::count() {
    co_return co_await pool_.one<std::int64_t>(count_clients);
}

awaitable<std::vector<OauthClient>> ClientsRepository::list(std::int64_t limit, std::int64_t offset) {
    co_return co_await pool_.all<OauthClient>(list_clients, limit, offset);
}

awaitable<std::optional<std::vector<SessionId>>> ClientsRepository::remove(ClientId id, Audited audited) {
    auto transaction = co_await pool_.begin();
    const auto own_grant = co_await transaction.maybe<SessionId>(lock_client, id);
    if (!own_grant) co_return std::nullopt;
    std::vector<SessionId> ended{*own_grant};
    const auto sessions = co_await transaction.all<EndedSession>(end_sessions, id);
    for (const auto& session : sessions) {
        ended.push_back(session.id);
        const auto logout = logout_event(session.account_id, session.id);
        co_await bus::outbox::append(transaction, logout, event_context(session.account_id, audited.correlation_id));
    }
    co_await transaction.execute(delete_client, id);
    co_await append_audit<events::AuditClientDeleted>(transaction, audited, {.subject_id = id.text()});
    co_await transaction.commit();
    co_return ended;
}

}  // namespace darkroom::accounts
