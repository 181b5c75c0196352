// /auth/setup: the page behind the one-time link that `./darkroom up` prints.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/setup_repository.hpp"

namespace darkroom::accounts {

struct SetupQuery {
    std::optional<std::string> token;
};
BOOST_DESCRIBE_STRUCT(SetupQuery, (), (token))

/// Plain texts: what is wrong with them is shown in the page, not as a problem document.
struct SetupSubmission {
    std::optional<std::string> token;
    std::optional<std::string> email;
    std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(SetupSubmission, (), (token, email, password))

class SetupApi {
public:
    SetupApi(SetupRepository& setup, PasswordHasher& hasher, PasswordPolicy policy)
        : setup_(setup), hasher_(hasher), policy_(policy) {}

    static const http::Endpoints<SetupApi>& endpoints();

private:
    awaitable<http::Response> show_form(http::Query<SetupQuery> query);
    awaitable<http::Response> submit_form(http::Context& context, http::Form<SetupSubmission> form);

    SetupRepository& setup_;
    PasswordHasher& hasher_;
    PasswordPolicy policy_;
};

}  // namespace darkroom::accounts
