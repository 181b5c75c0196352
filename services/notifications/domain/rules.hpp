// Which events tell their user something, and what: one row per rule.
#pragma once

#include "services/notifications/domain/notification.hpp"

#include <span>
#include <string_view>

namespace darkroom::notifications {

struct Rule {
    std::string_view event_type;
    /// From the event's `data`: nullopt when this one tells nothing, an Error when `data` is not what the contract says.
    Result<std::optional<Draft>> (*draft)(std::string_view data);
};

/// At most one row per event type.
std::span<const Rule> rules();

}  // namespace darkroom::notifications
