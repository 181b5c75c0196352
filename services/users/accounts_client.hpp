// Commands to auth-service, which owns accounts.
#pragma once

#include "platform/auth/service_tokens.hpp"
#include "platform/http/client.hpp"
#include "platform/http/context.hpp"
#include "services/users/domain/new_user.hpp"
#include "services/users/users_repository.hpp"

namespace darkroom::users {

class AccountsClient {
public:
    AccountsClient(http::Client& client, auth::ServiceTokens& tokens, http::Origin auth)
        : client_(client), tokens_(tokens), auth_(std::move(auth)) {}

    /// The account after the change. auth's refusals (404, 409, 412, 422) are passed on in its own words; 503 auth_unavailable
    /// when it cannot be asked. `context` names the request that causes this.
    awaitable<AccountCopy> change(const http::Context& context, UserId id, AccountChange change);

    /// Makes an account with this id; sent again, it is the same one. auth's refusals as above.
    awaitable<AccountCopy> create(const http::Context& context, UserId id, NewUser user);
    /// The account as it is from now on: hidden. nullopt when auth has none of that id (any more).
    awaitable<std::optional<AccountCopy>> remove(const http::Context& context, UserId id);

private:
    /// With what `context` gives to trace the request by.
    awaitable<http::ClientResponse> command(const http::Context& context, http::Verb verb, std::string target,
                                            std::string body);
    awaitable<http::ClientResponse> send(http::ClientRequest request);

    http::Client& client_;
    auth::ServiceTokens& tokens_;
    http::Origin auth_;
};

/// What auth refused, from its problem document.
Error refusal_from(const http::ClientResponse& response);

}  // namespace darkroom::users
