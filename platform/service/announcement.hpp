// How instances of services tell gateways that they are there: over Redis, twice a second.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom {

/// Pub/Sub: an announcement is worth nothing once it is old, so nothing is stored that somebody would have to tidy up, and no
/// two clocks are compared.
inline constexpr std::string_view announcement_channel = "darkroom.instances";

struct Announcement {
    /// "image-service"
    std::string service;
    /// "http://10.0.0.7:8002"; an address, never a name.
    std::string url;
    /// The last one: no new requests, please.
    bool leaves = false;
};
BOOST_DESCRIBE_STRUCT(Announcement, (), (service, url, leaves))

}  // namespace darkroom
