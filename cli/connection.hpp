// A blocking socket with a deadline, for the few questions that commands ask: no loop, no thread.
#pragma once

#include "cli/process.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::cli {

class Connection {
public:
    /// nullopt when nobody listens there (or not in time). `host` is an address or a name.
    static std::optional<Connection> to_tcp(const std::string& host, std::uint16_t port, Milliseconds limit);
    static std::optional<Connection> to_unix(const std::string& path, Milliseconds limit);

    /// Sends all of it and reads until the peer closes or the limit given at connecting has passed; returns what came.
    std::string exchange(std::string_view request);
    /// The same, but returns as soon as the answer holds `end`.
    std::string exchange_until(std::string_view request, std::string_view end);

private:
    Connection(Descriptor socket, SteadyClock::time_point deadline) : socket_(std::move(socket)), deadline_(deadline) {}
    bool wait(short events) const;
    bool send_all(std::string_view bytes) const;

    static std::optional<Connection> to_name(const std::string& host, std::uint16_t port, Milliseconds limit);
    static std::optional<Connection> connect(int family, const void* address, unsigned size, Milliseconds limit);

    Descriptor socket_;
    SteadyClock::time_point deadline_;
};

}  // namespace darkroom::cli
