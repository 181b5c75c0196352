// What others ask about tokens and about us: introspection (RFC 7662), revocation (RFC 7009), userinfo and discovery (OpenID
// Connect), keys (RFC 7517).
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/accounts_repository.hpp"
#include "services/auth/client_authenticator.hpp"
#include "services/auth/revocation_publisher.hpp"
#include "services/auth/sessions_repository.hpp"
#include "services/auth/token_issuer.hpp"

namespace darkroom::accounts {

struct TokenQuestion {
    std::optional<std::string> token;
    /// Not needed: our two kinds of token look different.
    std::optional<std::string> token_type_hint;
    std::optional<std::string> client_id;
    std::optional<std::string> client_secret;
};
BOOST_DESCRIBE_STRUCT(TokenQuestion, (), (token, token_type_hint, client_id, client_secret))

class OpenidApi {
public:
    OpenidApi(AccountsRepository& accounts, SessionsRepository& sessions, ClientsRepository& clients,
              ClientAuthenticator& authenticator, TokenIssuer& issuer, RevocationPublisher& revocations)
        : accounts_(accounts),
          sessions_(sessions),
          clients_(clients),
          authenticator_(authenticator),
          issuer_(issuer),
          revocations_(revocations) {}

    static const http::Endpoints<OpenidApi>& endpoints();

private:
    awaitable<http::Response> introspect(http::Context& context, http::Form<TokenQuestion> form);
    awaitable<json::Object> describe_access_token(json::Object claims);
    awaitable<http::Response> revoke(http::Context& context, http::Form<TokenQuestion> form);
    awaitable<http::Response> read_userinfo(http::Context& context);
    awaitable<http::Response> read_discovery();
    awaitable<http::Response> read_key_set();

    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    ClientsRepository& clients_;
    ClientAuthenticator& authenticator_;
    TokenIssuer& issuer_;
    RevocationPublisher& revocations_;
};

}  // namespace darkroom::accounts
