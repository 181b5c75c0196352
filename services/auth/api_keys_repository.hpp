// API keys in PostgreSQL: only their digests.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/account.hpp"
#include "services/auth/domain/api_key.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

/// As its owner sees it.
struct ApiKey {
    ApiKeyId id{};
    std::string name{};
    std::string prefix{};
    std::vector<std::string> scopes{};
    Timestamp created_at{};
    std::optional<Timestamp> expires_at{};
    /// To a few minutes: when it was last traded for an access token.
    std::optional<Timestamp> last_used_at{};
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, name, prefix, scopes, created_at, expires_at, last_used_at))

/// What a good key lets its bearer do.
struct KeyGrant {
    SessionId grant_id{};
    std::vector<std::string> scopes{};
    std::optional<Timestamp> expires_at{};
};
BOOST_DESCRIBE_STRUCT(KeyGrant, (), (grant_id, scopes, expires_at))

struct ApiKeyGrant {
    Account owner;
    KeyGrant key;
};

struct NewApiKey {
    Label name{};
    std::vector<std::string> scopes{};
    std::optional<Timestamp> expires_at{};
};

class ApiKeysRepository {
public:
    explicit ApiKeysRepository(pg::Pool& pool) : pool_(pool) {}

    awaitable<std::int64_t> count(UserId account);
    awaitable<std::vector<ApiKey>> list(UserId account, std::int64_t limit, std::int64_t offset);
    /// The session id to publish as ended; nothing when the account has no such key.
    awaitable<std::optional<SessionId>> remove(ApiKeyId id, Audited audited);
    /// Nothing for an unknown or expired key and for one whose owner may not sign in. Notes the use.
    awaitable<std::optional<ApiKeyGrant>> use(TokenHash key);

private:
    pg::Pool& pool_;
};

/// 409 api_keys_exhausted where the account has fifty. The caller commits.
awaitable<ApiKey> insert_api_key(pg::Transaction& transaction, NewApiKey input, OpaqueToken key, Audited audited);

/// Ends the access tokens of all keys of the account, because its rights have changed; the keys stay. The caller commits and
/// publishes.
awaitable<std::vector<SessionId>> end_key_grants(pg::Transaction& transaction, UserId account);

}  // namespace darkroom::accounts
