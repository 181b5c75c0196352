// The token endpoints: bare documents as RFC 6749 wants them, for people's scripts, for applications and for services.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/client_authenticator.hpp"
#include "services/auth/grants_repository.hpp"
#include "services/auth/revocation_publisher.hpp"
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
    /// Of authorization_code.
    std::optional<std::string> code;
    std::optional<std::string> redirect_uri;
    std::optional<std::string> code_verifier;
    std::optional<std::string> refresh_token;
    /// The service that a service's token is for.
    std::optional<std::string> audience;
    std::optional<std::string> scope;
    std::optional<std::string> client_id;
    std::optional<std::string> client_secret;
};
BOOST_DESCRIBE_STRUCT(TokenRequest, (),
                      (grant_type, code, redirect_uri, code_verifier, refresh_token, audience, scope, client_id, client_secret))

class OauthApi {
public:
    OauthApi(SignIn& sign_in, TokenIssuer& issuer, ClientAuthenticator& authenticator, GrantsRepository& grants,
             SessionsRepository& sessions, RevocationPublisher& revocations)
        : sign_in_(sign_in),
          issuer_(issuer),
          authenticator_(authenticator),
          grants_(grants),
          sessions_(sessions),
          revocations_(revocations) {}

    static const http::Endpoints<OauthApi>& endpoints();

private:
    awaitable<http::Response> grant_by_password(http::Context& context, http::Form<PasswordGrant> form);
    awaitable<http::Response> grant(http::Context& context, http::Form<TokenRequest> form);
    awaitable<http::Response> redeem_code(http::Context& context, TokenRequest request, StoredClient client);
    awaitable<http::Response> refresh(http::Context& context, TokenRequest request, StoredClient client);
    http::Response issue_to_service(const TokenRequest& request, const std::string& service) const;
    http::Response issue_to_client(const TokenRequest& request, const StoredClient& client) const;
    http::Response tokens_for(const StoredClient& client, const SignedIn& signed_in, json::Object document) const;

    SignIn& sign_in_;
    TokenIssuer& issuer_;
    ClientAuthenticator& authenticator_;
    GrantsRepository& grants_;
    SessionsRepository& sessions_;
    RevocationPublisher& revocations_;
};

}  // namespace darkroom::accounts
