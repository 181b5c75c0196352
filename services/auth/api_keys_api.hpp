// /auth/api-keys: keys for programs, made and withdrawn by the person whose they are.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/auth/accounts_api.hpp"
#include "services/auth/api_keys_repository.hpp"
#include "services/auth/idempotent_api.hpp"
#include "services/auth/revocation_publisher.hpp"
#include "services/auth/token_issuer.hpp"

namespace darkroom::accounts {

struct ApiKeyRequest {
    Label name{};
    /// Permissions of the caller's role: "images:read".
    std::vector<std::string> scopes;
    /// Never, unless given.
    std::optional<Timestamp> expires_at;
};
BOOST_DESCRIBE_STRUCT(ApiKeyRequest, (), (name, scopes, expires_at))

struct ApiKeyReply : ApiKey {
    /// Shown this once.
    std::string key{};
};
BOOST_DESCRIBE_STRUCT(ApiKeyReply, (ApiKey), (key))

struct ApiKeyList {
    std::vector<ApiKey> api_keys;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(ApiKeyList, (), (api_keys, pagination))

struct ApiKeyPath {
    ApiKeyId id{};
};
BOOST_DESCRIBE_STRUCT(ApiKeyPath, (), (id))

struct KeyExchangeRequest {
    std::string key;
};
BOOST_DESCRIBE_STRUCT(KeyExchangeRequest, (), (key))

struct KeyExchangeReply {
    std::string access_token;
    std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(KeyExchangeReply, (), (access_token, expires_in))

class ApiKeysApi {
public:
    ApiKeysApi(ApiKeysRepository& keys, IdempotencyRepository& idempotency, TokenIssuer& issuer,
               RevocationPublisher& revocations, Clock& clock)
        : keys_(keys), idempotency_(idempotency), issuer_(issuer), revocations_(revocations), clock_(clock) {}

    static const http::Endpoints<ApiKeysApi>& endpoints();

private:
    awaitable<http::Ok<ApiKeyReply>> create(http::Context& context, http::Body<ApiKeyRequest> body);
    awaitable<http::Ok<ApiKeyList>> list(http::Context& context, http::Query<http::PageQuery> query);
    awaitable<http::Ok<>> remove(http::Context& context, http::Path<ApiKeyPath> path);
    awaitable<http::Ok<KeyExchangeReply>> exchange(http::Body<KeyExchangeRequest> body);

    ApiKeysRepository& keys_;
    IdempotencyRepository& idempotency_;
    TokenIssuer& issuer_;
    RevocationPublisher& revocations_;
    Clock& clock_;
};

}  // namespace darkroom::accounts
