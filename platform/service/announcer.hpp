// Tells gateways where this instance is, so that nobody has to list it.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/url.hpp"

#include <string>

namespace darkroom {

/// Loop thread only.
class Announcer {
public:
    struct Options {
        std::string service;
        /// "http://address:port", or "auto": the address that BIND names, else the one from which Redis is reached.
        std::string url;
        std::string bind;
        std::uint16_t port = 0;
        redis::Url redis_url;
    };
    Announcer(Runtime& runtime, redis::Client& redis, Options options);

    /// Announces twice a second until `leave` or cancelled. While Redis is away nothing happens.
    awaitable<> run();
    /// Says once that no more requests are wanted.
    void leave();

private:
    awaitable<std::string> find_url();
    void announce(bool leaves);

    Runtime& runtime_;
    redis::Client& redis_;
    Options options_;
    /// Empty until it is known.
    std::string url_;
    bool left_ = false;
};

}  // namespace darkroom
