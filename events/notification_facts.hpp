// What every notification.* event tells.
#pragma once

#include "platform/json/described.hpp"

#include <string>

namespace darkroom::events {

/// A base, because the events' own `type` (the event's) would hide the member `type` (the notification's).
struct NotificationFacts {
    std::string notification_id;
    std::string type;
    /// "in_app" or "email"
    std::string channel;

    bool operator==(const NotificationFacts&) const = default;
};
BOOST_DESCRIBE_STRUCT(NotificationFacts, (), (notification_id, type, channel))

}  // namespace darkroom::events
