// REDIS_URL.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::redis {

/// redis://[[user]:password@]host[:port][/db] or unix://[[user]:password@]/path/redis.sock[?db=n]
struct Url {
    /// Not empty: a unix socket, and host and port mean nothing.
    std::string path;
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    std::string user;
    Secret password;
    int database = 0;

    static Result<Url> parse(std::string_view text);
};

}  // namespace darkroom::redis
