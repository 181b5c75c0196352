// OAuth2 clients in PostgreSQL: applications that an admin has registered.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/api_key.hpp"
#include "services/auth/domain/oauth_client.hpp"
#include "services/auth/domain/redirect_uri.hpp"
#include "services/auth/domain/token_family.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

struct ClientTag {};
using ClientId = Id<ClientTag>;

/// As admins see it.
struct OauthClient {
    ClientId client_id{};
    std::string name{};
    std::vector<std::string> redirect_uris{};
    std::vector<GrantType> grant_types{};
    Scopes scopes{};
    /// It can keep a secret and has one.
    bool confidential = false;
    Timestamp created_at{};

    bool may_use(GrantType grant) const;
};
BOOST_DESCRIBE_STRUCT(OauthClient, (), (client_id, name, redirect_uris, grant_types, scopes, confidential, created_at))

/// With what only this service sees.
struct StoredClient : OauthClient {
    std::optional<TokenHash> secret_hash{};
    SessionId grant_id{};
};
BOOST_DESCRIBE_STRUCT(StoredClient, (OauthClient), (secret_hash, grant_id))

struct NewClient {
    Label name{};
    std::vector<RedirectUri> redirect_uris{};
    std::vector<GrantType> grant_types{};
    Scopes scopes{};
    std::optional<TokenHash> secret_hash{};
};

class ClientsRepository {
public:
    explicit ClientsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Nothing for what is no id at all, too: `client_id` is what somebody sent.
    awaitable<std::optional<StoredClient>> find(std::string client_id);
    awaitable<std::int64_t> count();
    awaitable<std::vector<OauthClient>> list(std::int64_t limit, std::int64_t offset);
    /// Ends all that people have allowed it. The sessions to publish; nothing when there is no such client.
    awaitable<std::optional<std::vector<SessionId>>> remove(ClientId id, Audited audited);

private:
    pg::Pool& pool_;
};

/// The caller commits.
awaitable<OauthClient> insert_oauth_client(pg::Transaction& transaction, NewClient input, Audited audited);

}  // namespace darkroom::accounts
