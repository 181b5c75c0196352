#include "services/auth/api_keys_repository.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

namespace {

constexpr std::int64_t max_keys = 50;

// The account's row is locked, so that two at once cannot pass the limit together.
constexpr pg::Query lock_owner{"api_keys.lock_owner", "SELECT id FROM auth.accounts WHERE id = $1 FOR UPDATE"};

constexpr pg::Query count_keys{"api_keys.count", "SELECT count(*) FROM auth.api_keys WHERE account_id = $1"};

constexpr pg::Query insert_key{"api_keys.insert", R"sql(
    INSERT INTO auth.api_keys (id, account_id, name, prefix, key_hash, scopes, grant_id, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING id, name, prefix, scopes, created_at, expires_at, last_used_at
)sql"};

constexpr pg::Query list_keys{"api_keys.list", R"sql(
    SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at FROM auth.api_keys
    WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
)sql"};

constexpr pg::Query delete_key{"api_keys.delete", R"sql(
    DELETE FROM auth.api_keys WHERE id = $1 AND account_id = $2 RETURNING grant_id
)sql"};

// Waits for a change of the account's rights and sees its outcome: an old role must not be issued under a new grant.
constexpr pg::Query lock_owner_of_key{"api_keys.lock_owner_of_key", R"sql(
    SELECT a.id, a.email, a.username, a.full_name, a.role, a.status, a.avatar_url, a.created_at, a.updated_at, a.last_login,
           a.version
    FROM auth.api_keys k JOIN auth.accounts a ON a.id = k.account_id
    WHERE k.key_hash = $1 AND a.status = 'active'
    FOR SHARE OF a
)sql"};

constexpr pg::Query use_key{"api_keys.use", R"sql(
    UPDATE auth.api_keys SET last_used_at = now()
    WHERE key_hash = $1 AND (expires_at IS NULL OR expires_at > now())
    RETURNING grant_id, scopes, expires_at
)sql"};

constexpr pg::Query lock_grants{"api_keys.lock_grants", R"sql(
    SELECT grant_id FROM auth.api_keys WHERE account_id = $1 ORDER BY id FOR UPDATE
)sql"};

constexpr pg::Query replace_grants{"api_keys.replace_grants", R"sql(
    UPDATE auth.api_keys SET grant_id = gen_random_uuid()::text WHERE account_id = $1
)sql"};

}  // namespace

awaitable<std::vector<SessionId>> end_key_grants(pg::Transaction& transaction, UserId account) {
    auto ended = co_await transaction.all<SessionId>(lock_grants, account);
    if (!ended.empty()) co_await transaction.execute(replace_grants, account);
    co_return ended;
}

awaitable<ApiKey> insert_api_key(pg::Transaction& transaction, NewApiKey input, OpaqueToken key, Audited audited) {
    co_await transaction.execute(lock_owner, audited.account);
    const auto present = co_await transaction.one<std::int64_t>(count_keys, audited.account);
    if (present >= max_keys) fail(api_keys_exhausted());
    const auto created =
        co_await transaction.one<ApiKey>(insert_key, ApiKeyId::create(), audited.account, input.name, shown_prefix(key),
                                         key.hash(), input.scopes, SessionId::create(), input.expires_at);
    co_await append_audit<events::AuditApiKeyCreated>(transaction, audited, {.subject_id = created.id.text()});
    co_return created;
}

awaitable<std::int64_t> ApiKeysRepository::count(UserId account) {
    co_return co_await pool_.one<std::int64_t>(count_keys, account);
}

awaitable<std::vector<ApiKey>> ApiKeysRepository::list(UserId account, std::int64_t limit, std::int64_t offset) {
    co_return co_await pool_.all<ApiKey>(list_keys, account, limit, offset);
}

awaitable<std::optional<SessionId>> ApiKeysRepository::remove(ApiKeyId id, Audited audited) {
    auto transaction = co_await pool_.begin();
    auto ended = co_await transaction.maybe<SessionId>(delete_key, id, audited.account);
    if (!ended) co_return std::nullopt;
    co_await append_audit<events::AuditApiKeyDeleted>(transaction, audited, {.subject_id = id.text()});
    co_await transaction.commit();
    co_return ended;
}

awaitable<std::optional<ApiKeyGrant>> ApiKeysRepository::use(TokenHash key) {
    auto transaction = co_await pool_.begin();
    auto owner = co_await transaction.maybe<Account>(lock_owner_of_key, key);
    if (!owner) co_return std::nullopt;
    auto used = co_await transaction.maybe<KeyGrant>(use_key, key);
    if (!used) co_return std::nullopt;
    co_await transaction.commit();
    co_return ApiKeyGrant{std::move(*owner), std::move(*used)};
}

}  // namespace darkroom::accounts
