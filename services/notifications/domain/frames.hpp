// The frames of WS /ws/notifications, beside the notifications themselves.
#pragma once

#include "platform/core/time.hpp"

#include <string>
#include <string_view>

namespace darkroom::notifications {

/// Sent first.
std::string connection_frame(Timestamp now);
/// pong for a ping, else an error frame: the socket stays open.
std::string answer_to(std::string_view frame, Timestamp now);

}  // namespace darkroom::notifications
