// Which of a cluster's 16384 slots a command belongs to (Redis Cluster specification, "Key distribution model"). No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::redis {

inline constexpr std::uint16_t slot_count = 16384;

/// CRC16-XMODEM of the key, or of what stands in its first non-empty {braces}.
std::uint16_t slot_of_key(std::string_view key);

/// By the first key of a command; a PUBLISH goes by its channel, so that a channel's messages keep their order. nullopt: any
/// node will do (PING, SCRIPT …). A command must not name keys of different slots.
std::optional<std::uint16_t> slot_of_command(const std::vector<std::string>& words);

/// "MOVED 3999 127.0.0.1:6381" or "ASK 3999 127.0.0.1:6381": the slot lives, or for this once has gone, elsewhere.
struct Redirection {
    bool ask = false;
    std::uint16_t slot = 0;
    /// Empty: the node that answered.
    std::string host;
    std::uint16_t port = 0;

    static std::optional<Redirection> parse(std::string_view error);
};

}  // namespace darkroom::redis
