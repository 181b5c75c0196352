#include "services/auth/oauth_api.hpp"

#include "services/auth/accounts_api.hpp"
#include "services/auth/oauth_reply.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

const http::Endpoints<OauthApi>& OauthApi::endpoints() {
    static const http::Endpoints<OauthApi> table{
        {Verb::post, "/auth/token", Access::open, &OauthApi::grant_by_password, "OAuth2 password grant (RFC 6749 §4.3)."},
        {Verb::post, "/oauth/token", Access::open, &OauthApi::grant,
         "OAuth2 tokens: authorization_code with PKCE, refresh_token, client_credentials (RFC 6749 §3.2)."},
    };
    return table;
}

awaitable<http::Response> OauthApi::grant_by_password(http::Context& context, http::Form<PasswordGrant> form) {
    const auto& request = form.value;
    if (!request.grant_type) co_return oauth_refusal("invalid_request", "grant_type is required");
    if (*request.grant_type != "password") {
        co_return oauth_refusal("unsupported_grant_type", "only password is supported here");
    }
    if (!request.username || !request.password) {
        co_return oauth_refusal("invalid_request", "username and password are required");
    }
    SignInAttempt attempt{.email_or_username = *request.username,
                          .password = Secret(*request.password),
                          .otp = request.otp,
                          .device = device_of(context),
                          .correlation_id = context.correlation_id.text()};
    const auto signed_in = co_await sign_in_.with_password(std::move(attempt));
    if (!signed_in) co_return oauth_refusal("invalid_grant", signed_in.error().detail);
    co_return oauth_document(200, {{"access_token", issuer_.issue(signed_in->account, signed_in->session_id)},
                                   {"token_type", "bearer"},
                                   {"expires_in", issuer_.life().count()},
                                   {"refresh_token", boost::json::string(signed_in->refresh_token.reveal())}});
}

awaitable<http::Response> OauthApi::grant(http::Context& context, http::Form<TokenRequest> form) {
    auto& request = form.value;
    if (!request.grant_type) co_return oauth_refusal("invalid_request", "grant_type is required");
    const auto grant = json::enum_from<GrantType>(*request.grant_type);
    if (!grant) {
        co_return oauth_refusal("unsupported_grant_type",
                                "authorization_code, refresh_token and client_credentials are supported");
    }
    auto client = co_await authenticator_.authenticate(context, request.client_id, request.client_secret);
    if (!client) co_return invalid_client(came_with_header(context));
    if (client->is_service()) {
        if (*grant == GrantType::client_credentials) co_return issue_to_service(request, client->id);
        co_return oauth_refusal("unauthorized_client", "services use client_credentials");
    }
    auto& registered = *client->registered;
    if (!registered.may_use(*grant)) {
        co_return oauth_refusal("unauthorized_client", "this application may not use " + *request.grant_type);
    }
    switch (*grant) {
        case GrantType::authorization_code: co_return co_await redeem_code(context, std::move(request), std::move(registered));
        case GrantType::refresh_token: co_return co_await refresh(context, std::move(request), std::move(registered));
        case GrantType::client_credentials: break;
    }
    co_return issue_to_client(request, registered);
}

http::Response OauthApi::issue_to_service(const TokenRequest& request, const std::string& service) const {
    if (!request.audience) return oauth_refusal("invalid_request", "audience is required");
    // RFC 8707 §2.
    if (!ServiceClients::is_audience(*request.audience)) return oauth_refusal("invalid_target", "audience is not a service");
    return oauth_document(200, {{"access_token", issuer_.issue_to_service(service, *request.audience)},
                                {"token_type", "bearer"},
                                {"expires_in", issuer_.life().count()},
                                {"scope", "service"}});
}

http::Response OauthApi::issue_to_client(const TokenRequest& request, const StoredClient& client) const {
    const auto allowed = scopes_of_client(client.scopes);
    const auto scopes = request.scope ? parse_scope(*request.scope) : allowed;
    if (scopes.empty() || !is_subset(scopes, allowed)) {
        return oauth_refusal("invalid_scope", "this application may not have that for itself");
    }
    return oauth_document(200, {{"access_token", issuer_.issue_to_client(client, scopes)},
                                {"token_type", "bearer"},
                                {"expires_in", issuer_.life().count()},
                                {"scope", scope_text(scopes)}});
}

http::Response OauthApi::tokens_for(const StoredClient& client, const SignedIn& signed_in, json::Object document) const {
    const TokenScope scope{.scopes = signed_in.scopes, .life = issuer_.life(), .client_id = client.client_id.text()};
    document["access_token"] = issuer_.issue(signed_in.account, signed_in.session_id, scope);
    document["token_type"] = "bearer";
    document["expires_in"] = issuer_.life().count();
    document["scope"] = scope_text(signed_in.scopes);
    if (client.may_use(GrantType::refresh_token)) {
        document["refresh_token"] = boost::json::string(signed_in.refresh_token.reveal());
    }
    return oauth_document(200, document);
}

awaitable<http::Response> OauthApi::redeem_code(http::Context& context, TokenRequest request, StoredClient client) {
    if (!request.code || !request.code_verifier) {
        co_return oauth_refusal("invalid_request", "code and code_verifier are required");
    }
    // RFC 6749 §4.1.3: needed where the authorization request had it; where it had none, there is only one.
    if (!request.redirect_uri && client.redirect_uris.size() == 1) request.redirect_uri = client.redirect_uris.front();
    Redemption redemption{OpaqueToken::from(*request.code), client, request.redirect_uri.value_or(""),
                          std::move(*request.code_verifier)};
    const auto outcome = co_await grants_.redeem(std::move(redemption), device_of(context), context.correlation_id.text());
    if (outcome.revoked) {
        std::vector<SessionId> ended{*outcome.revoked};
        co_await revocations_.publish(std::move(ended));
    }
    if (!outcome.grant) co_return oauth_refusal("invalid_grant", "the code is not valid");
    json::Object document;
    const auto& signed_in = outcome.grant->signed_in;
    if (contains(signed_in.scopes, "openid")) {
        document["id_token"] = issuer_.issue_id_token(signed_in.account, client, signed_in.scopes,
                                                      outcome.grant->authenticated_at, outcome.grant->nonce);
    }
    co_return tokens_for(client, signed_in, std::move(document));
}

awaitable<http::Response> OauthApi::refresh(http::Context& context, TokenRequest request, StoredClient client) {
    if (!request.refresh_token) co_return oauth_refusal("invalid_request", "refresh_token is required");
    const auto outcome = co_await sessions_.refresh(OpaqueToken::from(*request.refresh_token), client.client_id.text(),
                                                    device_of(context), context.correlation_id.text());
    if (outcome.revoked) {
        std::vector<SessionId> ended{*outcome.revoked};
        co_await revocations_.publish(std::move(ended));
    }
    if (!outcome.result) co_return oauth_refusal("invalid_grant", outcome.result.error().detail);
    co_return tokens_for(client, *outcome.result, {});
}

}  // namespace darkroom::accounts
