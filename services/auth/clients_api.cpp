#include "services/auth/clients_api.hpp"

#include "services/auth/domain/errors.hpp"

#include <algorithm>

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

/// Registering an application decides over everybody's account: no key and no application may.
constexpr auto by_admins = Access::session_with(auth::permission::clients_manage);

bool has(const std::vector<GrantType>& grants, GrantType grant) {
    return std::ranges::find(grants, grant) != grants.end();
}

std::vector<GrantType> checked_grants(std::vector<GrantType> grants, bool confidential, bool has_redirect_uris) {
    std::ranges::sort(grants);
    const auto repeated = std::ranges::unique(grants);
    grants.erase(repeated.begin(), repeated.end());
    if (grants.empty()) fail(invalid_field("grant_types", "must name at least one"));
    if (has(grants, GrantType::client_credentials) && !confidential) {
        fail(invalid_field("grant_types", "client_credentials is for confidential clients only"));
    }
    if (has(grants, GrantType::refresh_token) && !has(grants, GrantType::authorization_code)) {
        fail(invalid_field("grant_types", "refresh_token needs authorization_code"));
    }
    if (has(grants, GrantType::authorization_code) != has_redirect_uris) {
        fail(invalid_field("redirect_uris", has_redirect_uris ? "are for authorization_code only" : "is required"));
    }
    return grants;
}

Scopes checked_scopes(const std::vector<std::string>& scopes) {
    if (scopes.empty()) fail(invalid_field("scopes", "must name at least one"));
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        if (!is_known_scope(scopes[i])) {
            fail(invalid_field("scopes[" + std::to_string(i) + "]", "is neither a permission nor openid, profile or email"));
        }
    }
    return parse_scope(scope_text(scopes));
}

NewClient new_client(const ClientRequest& request) {
    NewClient input;
    input.name = request.name;
    input.redirect_uris = request.redirect_uris.value_or(std::vector<RedirectUri>{});
    const std::vector usual{GrantType::authorization_code, GrantType::refresh_token};
    input.grant_types =
        checked_grants(request.grant_types.value_or(usual), request.confidential.value_or(true), !input.redirect_uris.empty());
    input.scopes = checked_scopes(request.scopes);
    return input;
}

}  // namespace

const http::Endpoints<ClientsApi>& ClientsApi::endpoints() {
    static const http::Endpoints<ClientsApi> table{
        {Verb::post, "/oauth/clients", by_admins, &ClientsApi::create,
         "Register an application (admins); its secret is shown this once. Honours Idempotency-Key."},
        {Verb::get, "/oauth/clients", by_admins, &ClientsApi::list, "List registered applications (admins)."},
        {Verb::del, "/oauth/clients/{id}", by_admins, &ClientsApi::remove,
         "Remove an application (admins); ends all that people have allowed it."},
    };
    return table;
}

awaitable<http::Ok<ClientReply>> ClientsApi::create(http::Context& context, http::Body<ClientRequest> body) {
    auto once = idempotent(context, body.value);
    auto input = new_client(body.value);
    context.response_headers.set("Cache-Control", "no-store");
    http::Ok<ClientReply> reply{.message = "Application registered"};
    auto creation = co_await idempotency_.begin(std::move(once));
    if (creation.earlier) {
        reply.data = replayed<ClientReply>(context, *creation.earlier);
        co_return reply;
    }
    if (body->confidential.value_or(true)) {
        const auto secret = OpaqueToken::create();
        input.secret_hash = secret.hash();
        reply.data.client_secret = std::string(secret.reveal());
    }
    static_cast<OauthClient&>(reply.data) =
        co_await insert_oauth_client(creation.transaction, std::move(input), audited(context));
    co_await idempotency_.commit(std::move(creation), context.caller.user_id, json::serialize(json::encode(reply.data)));
    co_return reply;
}

awaitable<http::Ok<ClientList>> ClientsApi::list(http::Query<http::PageQuery> query) {
    const auto page = http::PageRequest::of(query->page, query->size);
    http::Ok<ClientList> reply;
    const auto total = co_await clients_.count();
    reply.data.clients = co_await clients_.list(page.size, page.offset());
    reply.data.pagination = page.with_total(total);
    co_return reply;
}

awaitable<http::Ok<>> ClientsApi::remove(http::Context& context, http::Path<ClientPath> path) {
    auto ended = co_await clients_.remove(path->id, audited(context));
    if (!ended) fail(client_not_found());
    co_await revocations_.publish(std::move(*ended));
    co_return http::Ok<>{.message = "Application removed"};
}

}  // namespace darkroom::accounts
