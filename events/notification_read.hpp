// notification.read: its user has marked it as read.
#pragma once

#include "events/notification_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct NotificationRead : NotificationFacts {
    static constexpr std::string_view type = "notification.read";
};
BOOST_DESCRIBE_STRUCT(NotificationRead, (NotificationFacts), ())

}  // namespace darkroom::events
