// OAuth2: bare documents as RFC 6749 wants them, for people's scripts and for services.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/service_clients.hpp"
#include "services/auth/sign_in.hpp"
#include "services/auth/token_issuer.hpp"

namespace darkroom::accounts {

/// Everything is optional here because what is missing must be refused in the words of RFC 6749, not in ours.
struct PasswordGrant {
    std::optional<std::string> grant_type;
    std::optional<std::string> username;
    std::optional<std::string> password;
    /// For accounts with a second factor.
    std::optional<std::string> otp;
    std::optional<std::string> scope;
    std::optional<std::string> client_id;
    std::optional<std::string> client_secret;
};
BOOST_DESCRIBE_STRUCT(PasswordGrant, (), (grant_type, username, password, otp, scope, client_id, client_secret))

struct TokenRequest {
    std::optional<std::string> grant_type;
    /// The service that the token is for.
    std::optional<std::string> audience;
    std::optional<std::string> scope;
    std::optional<std::string> client_id;
    std::optional<std::string> client_secret;
};
BOOST_DESCRIBE_STRUCT(TokenRequest, (), (grant_type, audience, scope, client_id, client_secret))

class OauthApi {
public:
    OauthApi(SignIn& sign_in, TokenIssuer& issuer, ServiceClients& clients)
        : sign_in_(sign_in), issuer_(issuer), clients_(clients) {}

    static const http::Endpoints<OauthApi>& endpoints();

private:
    awaitable<http::Response> grant_by_password(http::Context& context, http::Form<PasswordGrant> form);
    awaitable<http::Response> grant_to_client(http::Context& context, http::Form<TokenRequest> form);
    awaitable<http::Response> read_key_set();

    SignIn& sign_in_;
    TokenIssuer& issuer_;
    ServiceClients& clients_;
};

}  // namespace darkroom::accounts
