// The page where a person signs in and decides whether an application may act for them.
#pragma once

#include "platform/http/response.hpp"
#include "services/auth/domain/oauth_client.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::accounts {

struct AuthorizeForm {
    std::string application;
    /// Where the form may end: it is sent there after our own answer.
    std::string redirect_uri;
    Scopes scopes;
    /// The request itself, passed through the form.
    std::vector<std::pair<std::string, std::string>> hidden;
    std::string email{};
    std::string problem{};
};

http::Response authorize_form_page(const AuthorizeForm& form, int status);
/// For a request that cannot be answered at its redirect URI because that is not known to be its own.
http::Response authorize_refused_page(std::string_view problem);

}  // namespace darkroom::accounts
