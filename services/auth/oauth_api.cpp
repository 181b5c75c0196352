#include "services/auth/oauth_api.hpp"

#include "platform/core/encoding.hpp"
#include "services/auth/accounts_api.hpp"

#include <algorithm>

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

struct ClientCredentials {
    std::string id;
    Secret secret;
    /// Sent by the Authorization header: a refusal must then name the scheme (RFC 6749 §5.2).
    bool basic = false;
};

http::Response document(int status, const json::Object& body) {
    auto response = http::Response::text(status, "application/json", json::serialize(body));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

/// RFC 6749 §5.2.
http::Response refusal(std::string_view error, std::string_view description, int status = 400) {
    return document(status, {{"error", boost::json::string(error)}, {"error_description", boost::json::string(description)}});
}

http::Response invalid_client(bool basic) {
    auto response = refusal("invalid_client", "client authentication failed", 401);
    if (basic) response.headers.set("WWW-Authenticate", R"(Basic realm="darkroom", charset="UTF-8")");
    return response;
}

std::optional<std::string> base64_decode(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string url_safe(text);
    std::ranges::replace(url_safe, '+', '-');
    std::ranges::replace(url_safe, '/', '_');
    return base64url_decode(url_safe);
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
std::optional<ClientCredentials> basic_credentials(std::string_view header) {
    constexpr std::string_view scheme = "Basic ";
    if (header.size() <= scheme.size() || !http::equal_ignoring_case(header.substr(0, scheme.size()), scheme))
        return std::nullopt;
    const auto decoded = base64_decode(header.substr(scheme.size()));
    if (!decoded) return std::nullopt;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return std::nullopt;
    auto id = percent_decode(std::string_view(*decoded).substr(0, colon), true);
    auto secret = percent_decode(std::string_view(*decoded).substr(colon + 1), true);
    if (!id || !secret) return std::nullopt;
    return ClientCredentials{std::move(*id), Secret(std::move(*secret)), true};
}

std::optional<ClientCredentials> client_credentials(const http::Context& context, const TokenRequest& request) {
    const auto header = context.request.headers.get("Authorization");
    if (!header.empty()) return basic_credentials(header);
    if (!request.client_id || !request.client_secret) return std::nullopt;
    return ClientCredentials{*request.client_id, Secret(*request.client_secret), false};
}

}  // namespace

const http::Endpoints<OauthApi>& OauthApi::endpoints() {
    static const http::Endpoints<OauthApi> table{
        {Verb::post, "/auth/token", Access::open, &OauthApi::grant_by_password, "OAuth2 password grant (RFC 6749 §4.3)."},
        {Verb::post, "/oauth/token", Access::open, &OauthApi::grant_to_client,
         "OAuth2 client credentials grant (RFC 6749 §4.4)."},
        {Verb::get, "/.well-known/jwks.json", Access::open, &OauthApi::read_key_set,
         "The public keys of access tokens (RFC 7517)."},
    };
    return table;
}

awaitable<http::Response> OauthApi::grant_by_password(http::Context& context, http::Form<PasswordGrant> form) {
    const auto& request = form.value;
    if (!request.grant_type) co_return refusal("invalid_request", "grant_type is required");
    if (*request.grant_type != "password") co_return refusal("unsupported_grant_type", "only password is supported here");
    if (!request.username || !request.password) co_return refusal("invalid_request", "username and password are required");
    SignInAttempt attempt{.email_or_username = *request.username,
                          .password = Secret(*request.password),
                          .otp = request.otp,
                          .device = device_of(context),
                          .correlation_id = context.correlation_id.text()};
    const auto signed_in = co_await sign_in_.with_password(std::move(attempt));
    if (!signed_in) co_return refusal("invalid_grant", signed_in.error().detail);
    co_return document(200, {{"access_token", issuer_.issue(signed_in->account, signed_in->session_id)},
                             {"token_type", "bearer"},
                             {"expires_in", issuer_.life().count()},
                             {"refresh_token", boost::json::string(signed_in->refresh_token.reveal())}});
}

awaitable<http::Response> OauthApi::grant_to_client(http::Context& context, http::Form<TokenRequest> form) {
    const auto& request = form.value;
    if (!request.grant_type) co_return refusal("invalid_request", "grant_type is required");
    if (*request.grant_type != "client_credentials") {
        co_return refusal("unsupported_grant_type", "only client_credentials is supported");
    }
    const auto client = client_credentials(context, request);
    const bool basic = !context.request.headers.get("Authorization").empty();
    if (!client || !clients_.authenticate(client->id, client->secret.reveal())) co_return invalid_client(basic);
    if (!request.audience) co_return refusal("invalid_request", "audience is required");
    // RFC 8707 §2.
    if (!ServiceClients::is_audience(*request.audience)) co_return refusal("invalid_target", "audience is not a service");
    co_return document(200, {{"access_token", issuer_.issue_to_service(client->id, *request.audience)},
                             {"token_type", "bearer"},
                             {"expires_in", issuer_.life().count()},
                             {"scope", "service"}});
}

awaitable<http::Response> OauthApi::read_key_set() {
    auto response = http::Response::text(200, "application/json", json::serialize(issuer_.key_set()));
    response.headers.set("Cache-Control", "public, max-age=300");
    co_return response;
}

}  // namespace darkroom::accounts
