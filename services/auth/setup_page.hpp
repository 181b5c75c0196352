// The page where the first admin chooses e-mail and password.
#pragma once

#include "platform/http/response.hpp"

#include <string>
#include <string_view>

namespace darkroom::accounts {

struct SetupForm {
    std::string token;
    std::string email;
    /// What was wrong with the last attempt, or empty.
    std::string problem;
};

http::Response setup_form_page(const SetupForm& form, int status);
http::Response setup_done_page(std::string_view email);
/// For a link that was used or has expired.
http::Response setup_refused_page(std::string_view problem);

}  // namespace darkroom::accounts
