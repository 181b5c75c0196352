// Every refusal of this service. `code` is contract.
#pragma once

#include "platform/core/error.hpp"

namespace darkroom::notifications {

/// Also the answer for somebody else's: that it exists is nobody's business.
inline Error notification_not_found() {
    return {Kind::not_found, "notification_not_found", "no such notification"};
}

inline Error wrong_service() {
    return {Kind::forbidden, "forbidden", "this call is for another service"};
}

inline Error notification_muted() {
    return {Kind::conflict, "notification_muted", "this user does not want notifications of this type"};
}

}  // namespace darkroom::notifications
