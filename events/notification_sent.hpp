// notification.sent: stored and announced on a channel.
#pragma once

#include "events/notification_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct NotificationSent : NotificationFacts {
    static constexpr std::string_view type = "notification.sent";
};
BOOST_DESCRIBE_STRUCT(NotificationSent, (NotificationFacts), ())

}  // namespace darkroom::events
