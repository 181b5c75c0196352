#include "services/auth/domain/mail_link.hpp"

namespace darkroom::accounts {

std::string mail_time(Timestamp time) {
    const auto text = to_rfc3339(time);
    return text.substr(0, 10) + ' ' + text.substr(11, 5) + " UTC";
}

}  // namespace darkroom::accounts
