// Host names to addresses: getaddrinfo on the CPU pool (Asio's own resolver would start a thread of its own), kept for a few
// seconds.
#pragma once

#include "platform/async/runtime.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::http {

class Resolver {
public:
    explicit Resolver(CpuPool& pool) : pool_(pool) {}

    /// Never empty. Throws Failure unavailable ("upstream_unavailable") for an unknown name, timed_out ("upstream_timeout").
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
