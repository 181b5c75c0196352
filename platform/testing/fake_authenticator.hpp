// Stands for auth-service's tokens in a service's own tests: "Bearer user:<id>:<role>" and "Bearer service:<name>".
#pragma once

#include "platform/auth/verifier.hpp"
#include "platform/http/router.hpp"

namespace darkroom::testing {

/// Header-only, so that linking the test support does not link the verifier. Anything else than the two forms is refused as a
/// bad token.
class FakeAuthenticator : public http::Authenticator {
public:
    awaitable<auth::Caller> authenticate(const http::RequestHead& request, bool token_in_query) override {
        const auto token = auth::bearer_token(request, token_in_query);
        if (!token) co_return auth::Caller{};
        co_return caller_of(*token);
    }

    static auth::Caller caller_of(std::string_view token) {
        auth::Caller caller{.expires_at = now() + std::chrono::hours{1}};
        if (token.starts_with("service:")) {
            caller.kind = auth::CallerKind::service;
            caller.service = std::string(token.substr(8));
            return caller;
        }
        const auto role_at = token.rfind(':');
        const auto role = role_at == std::string_view::npos ? std::nullopt : auth::role_from(token.substr(role_at + 1));
        if (!token.starts_with("user:") || role_at <= 5 || !role) {
            fail({Kind::unauthenticated, "invalid_token", "the token is not one of this test's"});
        }
        caller.kind = auth::CallerKind::user;
        caller.user_id = UserId::trusted(std::string(token.substr(5, role_at - 5)));
        caller.username = caller.user_id.text();
        caller.email = caller.user_id.text() + "@example.org";
        caller.role = *role;
        caller.session_id = SessionId::trusted("session-of-" + caller.user_id.text());
        return caller;
    }
};

}  // namespace darkroom::testing
