#include "services/auth/api_keys_api.hpp"

#include "services/auth/domain/errors.hpp"

#include <algorithm>

namespace darkroom::accounts {

using http::Access;
using http::Verb;

const http::Endpoints<ApiKeysApi>& ApiKeysApi::endpoints() {
    static const http::Endpoints<ApiKeysApi> table{
        {Verb::post, "/auth/api-keys", Access::session, &ApiKeysApi::create,
         "Make an API key; it is shown this once. Honours Idempotency-Key."},
        {Verb::get, "/auth/api-keys", Access::session, &ApiKeysApi::list, "List the caller's API keys."},
        {Verb::del, "/auth/api-keys/{id}", Access::session, &ApiKeysApi::remove, "Withdraw an API key, at once everywhere."},
        {Verb::post,
         "/internal/api-keys/exchange",
         Access::service,
         &ApiKeysApi::exchange,
         "Trade an API key for an access token.",
         {.internal = true}},
    };
    return table;
}

awaitable<http::Ok<ApiKeyReply>> ApiKeysApi::create(http::Context& context, http::Body<ApiKeyRequest> body) {
    auto once = idempotent(context, body.value);
    auto& request = body.value;
    NewApiKey input;
    input.name = std::move(request.name);
    input.scopes = check_scopes(std::move(request.scopes), context.caller.role).value();
    check_expiry(request.expires_at, clock_.now()).value();
    input.expires_at = request.expires_at;
    context.response_headers.set("Cache-Control", "no-store");
    http::Ok<ApiKeyReply> reply{.message = "Key created; it is not shown again"};
    auto creation = co_await idempotency_.begin(std::move(once));
    if (creation.earlier) {
        reply.data = replayed<ApiKeyReply>(context, *creation.earlier);
        co_return reply;
    }
    const auto key = new_api_key();
    auto created = co_await insert_api_key(creation.transaction, std::move(input), key, audited(context));
    reply.data = {std::move(created), std::string(key.reveal())};
    co_await idempotency_.commit(std::move(creation), context.caller.user_id, json::serialize(json::encode(reply.data)));
    co_return reply;
}

awaitable<http::Ok<ApiKeyList>> ApiKeysApi::list(http::Context& context, http::Query<http::PageQuery> query) {
    const auto page = http::PageRequest::of(query->page, query->size);
    const auto& owner = context.caller.user_id;
    http::Ok<ApiKeyList> reply;
    const auto total = co_await keys_.count(owner);
    reply.data.api_keys = co_await keys_.list(owner, page.size, page.offset());
    reply.data.pagination = page.with_total(total);
    co_return reply;
}

awaitable<http::Ok<>> ApiKeysApi::remove(http::Context& context, http::Path<ApiKeyPath> path) {
    const auto ended = co_await keys_.remove(path->id, audited(context));
    if (!ended) fail(api_key_not_found());
    std::vector<SessionId> sessions{*ended};
    co_await revocations_.publish(std::move(sessions));
    co_return http::Ok<>{.message = "Key deleted"};
}

awaitable<http::Ok<KeyExchangeReply>> ApiKeysApi::exchange(http::Body<KeyExchangeRequest> body) {
    const auto grant = co_await keys_.use(OpaqueToken::from(body->key).hash());
    if (!grant) fail(api_key_not_found());
    // Short, so that `last_used_at` is of some use and an expiry is kept to the second.
    auto life = std::min(issuer_.life(), Seconds{300});
    if (grant->key.expires_at) life = std::min(life, std::chrono::ceil<Seconds>(*grant->key.expires_at - clock_.now()));
    const TokenScope scope{.scopes = grant->key.scopes, .life = life};
    co_return http::Ok<KeyExchangeReply>{{issuer_.issue(grant->owner, grant->key.grant_id, scope), life.count()}};
}

}  // namespace darkroom::accounts
