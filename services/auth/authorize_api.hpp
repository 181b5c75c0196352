// GET and POST /oauth/authorize: RFC 6749 §4.1 with PKCE (RFC 7636, S256 only) and RFC 9207, as RFC 9700 demands.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/authorize_page.hpp"
#include "services/auth/grants_repository.hpp"
#include "services/auth/sign_in.hpp"

namespace darkroom::accounts {

/// Everything is optional because what is missing is refused in the words of RFC 6749.
struct AuthorizeParameters {
    std::optional<std::string> response_type;
    std::optional<std::string> response_mode;
    std::optional<std::string> client_id;
    std::optional<std::string> redirect_uri;
    std::optional<std::string> scope;
    std::optional<std::string> state;
    std::optional<std::string> code_challenge;
    std::optional<std::string> code_challenge_method;
    std::optional<std::string> nonce;
    std::optional<std::string> prompt;
    std::optional<std::string> request;
    std::optional<std::string> request_uri;
};
BOOST_DESCRIBE_STRUCT(AuthorizeParameters, (),
                      (response_type, response_mode, client_id, redirect_uri, scope, state, code_challenge,
                       code_challenge_method, nonce, prompt, request, request_uri))

struct AuthorizeSubmission : AuthorizeParameters {
    std::optional<std::string> email{};
    std::optional<std::string> password{};
    std::optional<std::string> otp{};
    std::optional<std::string> decision{};
};
BOOST_DESCRIBE_STRUCT(AuthorizeSubmission, (AuthorizeParameters), (email, password, otp, decision))

class AuthorizeApi {
public:
    AuthorizeApi(ClientsRepository& clients, GrantsRepository& grants, SignIn& sign_in, std::string issuer)
        : clients_(clients), grants_(grants), sign_in_(sign_in), issuer_(std::move(issuer)) {}

    static const http::Endpoints<AuthorizeApi>& endpoints();

private:
    /// A request that may be shown to a person, or why it may not: a page, or a redirect with an error.
    struct Checked {
        std::optional<http::Response> refusal{};
        StoredClient client{};
        std::string redirect_uri{};
        Scopes scopes{};
    };
    awaitable<Checked> check(AuthorizeParameters parameters);
    http::Response redirect(std::string_view uri, const std::optional<std::string>& state, std::string name,
                            std::string value) const;
    awaitable<http::Response> show(http::Query<AuthorizeParameters> query);
    awaitable<http::Response> decide(http::Context& context, http::Form<AuthorizeSubmission> form);
    awaitable<http::Response> permit(http::Context& context, AuthorizeSubmission submission, Checked checked,
                                     Credentials person);

    ClientsRepository& clients_;
    GrantsRepository& grants_;
    SignIn& sign_in_;
    std::string issuer_;
};

}  // namespace darkroom::accounts
