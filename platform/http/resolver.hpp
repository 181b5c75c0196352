// Host names to endpoints, kept for a few seconds.
#pragma once

#include "platform/async/runtime.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::http {

class Resolver {
public:
    explicit Resolver(CpuPool& pool) : pool_(pool) {}

    /// Never empty. Throws Failure unavailable ("upstream_unavailable") for a name that is unknown or not resolved in time.
    awaitable<std::vector<net::ip::tcp::endpoint>> resolve(std::string host, std::uint16_t port, Milliseconds limit);

private:
    struct Entry {
        std::vector<net::ip::address> addresses;
        SteadyClock::time_point expires;
    };

    awaitable<std::vector<net::ip::address>> look_up(std::string host, Milliseconds limit);

    CpuPool& pool_;
    std::unordered_map<std::string, Entry> cache_;
};

}  // namespace darkroom::http
