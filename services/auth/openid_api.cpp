#include "services/auth/openid_api.hpp"

#include "services/auth/accounts_api.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/oauth_reply.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

http::Response public_document(const json::Object& body) {
    auto response = http::Response::text(200, "application/json", json::serialize(body));
    response.headers.set("Cache-Control", "public, max-age=300");
    return response;
}

json::Array known_scopes() {
    json::Array scopes{"openid", "profile", "email", "offline_access"};
    for (const auto permission : auth::permissions_of(Role::admin)) scopes.push_back(boost::json::string(permission));
    return scopes;
}

}  // namespace

const http::Endpoints<OpenidApi>& OpenidApi::endpoints() {
    static const http::Endpoints<OpenidApi> table{
        {Verb::post, "/oauth/introspect", Access::open, &OpenidApi::introspect,
         "What a token is good for (RFC 7662); for confidential clients."},
        {Verb::post, "/oauth/revoke", Access::open, &OpenidApi::revoke,
         "End what the application's own token stands for (RFC 7009)."},
        {Verb::get, "/oauth/userinfo", Access::signed_in, &OpenidApi::read_userinfo,
         "Who signed in (OpenID Connect Core §5.3)."},
        {Verb::post, "/oauth/userinfo", Access::signed_in, &OpenidApi::read_userinfo, "The same by POST."},
        {Verb::get, "/.well-known/openid-configuration", Access::open, &OpenidApi::read_discovery,
         "OpenID Connect Discovery 1.0."},
        {Verb::get, "/.well-known/oauth-authorization-server", Access::open, &OpenidApi::read_discovery,
         "The same for OAuth2 alone (RFC 8414)."},
        {Verb::get, "/.well-known/jwks.json", Access::open, &OpenidApi::read_key_set,
         "The public keys of access tokens and ID tokens (RFC 7517)."},
    };
    return table;
}

awaitable<http::Response> OpenidApi::introspect(http::Context& context, http::Form<TokenQuestion> form) {
    const auto& question = form.value;
    const auto client = co_await authenticator_.authenticate(context, question.client_id, question.client_secret);
    const bool confidential = client && (client->is_service() || client->registered->confidential);
    if (!confidential) co_return invalid_client(came_with_header(context));
    if (!question.token) co_return oauth_refusal("invalid_request", "token is required");
    json::Object answer{{"active", false}};
    auto claims = issuer_.claims_of(*question.token);
    if (claims) {
        answer = co_await describe_access_token(std::move(*claims));
    } else if (!client->is_service()) {
        const auto facts = co_await sessions_.find_by_refresh_token(OpaqueToken::from(*question.token), client->id);
        if (facts) {
            answer = {{"active", true},
                      {"token_type", "refresh_token"},
                      {"client_id", client->id},
                      {"sub", facts->id.text()},
                      {"username", facts->username.text()},
                      {"scope", scope_text(facts->scopes)},
                      {"iat", unix_seconds(facts->session_created_at)},
                      {"exp", unix_seconds(facts->session_expires_at)}};
        }
    }
    co_return oauth_document(200, answer);
}

awaitable<json::Object> OpenidApi::describe_access_token(json::Object claims) {
    const auto text = [&claims](std::string_view name) {
        const auto* member = claims.if_contains(boost::json::string_view(name.data(), name.size()));
        return member != nullptr && member->is_string() ? std::string(json::view(member->get_string())) : std::string();
    };
    bool active = text("sub").starts_with("service:");
    if (!active) {
        const auto session = SessionId::trusted(text("sid"));
        const auto account = co_await accounts_.find_by_session(UserId::trusted(text("sub")), session);
        active = account.has_value();
        if (!active) {
            const auto client = co_await clients_.find(text("sub"));
            active = client && client->grant_id == session;
        }
    }
    if (!active) co_return json::Object{{"active", false}};
    claims["active"] = true;
    claims["token_type"] = "Bearer";
    co_return claims;
}

awaitable<http::Response> OpenidApi::revoke(http::Context& context, http::Form<TokenQuestion> form) {
    const auto& question = form.value;
    const auto client = co_await authenticator_.authenticate(context, question.client_id, question.client_secret);
    if (!client || client->is_service()) co_return invalid_client(came_with_header(context));
    if (!question.token) co_return oauth_refusal("invalid_request", "token is required");
    UserId account;
    SessionId session;
    if (const auto caller = issuer_.read(*question.token)) {
        account = caller->user_id;
        session = caller->session_id;
    } else {
        const auto facts = co_await sessions_.find_by_refresh_token(OpaqueToken::from(*question.token), client->id);
        if (facts) account = facts->id;
        if (facts) session = facts->session_id;
    }
    // Whatever it is that it shows us, a client ends its own tokens only; and it need not know which those are.
    const bool own = co_await sessions_.belongs_to(session, client->id);
    if (own) {
        co_await sessions_.sign_out(account, session, context.correlation_id.text());
        std::vector<SessionId> ended{session};
        co_await revocations_.publish(std::move(ended));
    }
    co_return oauth_document(200, {});
}

awaitable<http::Response> OpenidApi::read_userinfo(http::Context& context) {
    const auto& caller = context.caller;
    if (caller.is_service()) fail(people_only());
    if (caller.is_scoped() && !contains(*caller.scopes, "openid")) fail(scope_missing("openid"));
    const auto account = co_await accounts_.find_by_session(caller.user_id, caller.session_id);
    if (!account) fail(session_revoked());
    // A person in their own session may know everything of themselves.
    const auto scopes = caller.scopes.value_or(Scopes{"openid", "profile", "email"});
    co_return oauth_document(200, person_claims(*account, scopes));
}

awaitable<http::Response> OpenidApi::read_discovery() {
    const auto& issuer = issuer_.public_issuer();
    co_return public_document({{"issuer", issuer},
                               {"authorization_endpoint", issuer + "/oauth/authorize"},
                               {"token_endpoint", issuer + "/oauth/token"},
                               {"userinfo_endpoint", issuer + "/oauth/userinfo"},
                               {"jwks_uri", issuer + "/.well-known/jwks.json"},
                               {"introspection_endpoint", issuer + "/oauth/introspect"},
                               {"revocation_endpoint", issuer + "/oauth/revoke"},
                               {"scopes_supported", known_scopes()},
                               {"response_types_supported", {"code"}},
                               {"response_modes_supported", {"query"}},
                               {"grant_types_supported", {"authorization_code", "refresh_token", "client_credentials"}},
                               {"subject_types_supported", {"public"}},
                               {"id_token_signing_alg_values_supported", issuer_.id_token_algorithms()},
                               {"token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "none"}},
                               {"code_challenge_methods_supported", {"S256"}},
                               {"claims_supported",
                                {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name",
                                 "picture", "updated_at", "email"}},
                               {"request_parameter_supported", false},
                               {"request_uri_parameter_supported", false},
                               {"authorization_response_iss_parameter_supported", true}});
}

awaitable<http::Response> OpenidApi::read_key_set() {
    co_return public_document(issuer_.key_set());
}

}  // namespace darkroom::accounts
