// Which device a request says it comes from.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::accounts {

/// Where a session is used from, as told by the request. Shown to its owner, never trusted.
struct Device {
    std::string user_agent{};
    std::string address{};
};

/// What stays the same when a browser updates itself: "Firefox on Linux", "curl", "unknown device". At most 64 characters.
/// Two user agents of one family are one device to us: we would rather miss a new device than cry wolf at every update.
std::string device_family(std::string_view user_agent);

}  // namespace darkroom::accounts
