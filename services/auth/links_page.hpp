// The pages that a mailed link opens.
#pragma once

#include "platform/http/response.hpp"

#include <string_view>

namespace darkroom::accounts {

http::Response new_password_page(std::string_view token, std::string_view problem, int status);
http::Response password_set_page();
http::Response confirm_email_page(std::string_view token);
http::Response email_confirmed_page();
/// 403: used, expired, or made for an address that the account has no more.
http::Response link_refused_page();

}  // namespace darkroom::accounts
