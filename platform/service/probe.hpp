// What a container's health check runs: the binary asks its own service whether it is ready. Images carry no curl.
#pragma once

#include "platform/core/time.hpp"

#include <cstdint>
#include <string>

namespace darkroom {

/// True when GET /health/ready on this machine answers 200 within `limit`. `bind` is the address that the service listens on;
/// where that is "every address", loopback is asked. Blocks.
bool answers_ready(const std::string& bind, std::uint16_t port, Milliseconds limit);

}  // namespace darkroom
