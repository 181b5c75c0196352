// notification.failed: it could not be delivered on a channel and is given up.
#pragma once

#include "events/notification_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct NotificationFailed : NotificationFacts {
    static constexpr std::string_view type = "notification.failed";
};
BOOST_DESCRIBE_STRUCT(NotificationFailed, (NotificationFacts), ())

}  // namespace darkroom::events
