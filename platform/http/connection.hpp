// One connection of a server: reads heads, runs the handler, decides whether another request may follow.
#pragma once

#include "platform/http/channel.hpp"
#include "platform/http/server.hpp"

#include <string>
#include <unordered_set>

namespace darkroom::http {

class Connection;

/// What the connections of one server share.
struct ServerState {
    ServerOptions options;
    Handler& handler;
    /// The server drains: answers say "Connection: close".
    bool closing = false;
    std::unordered_set<Connection*> connections{};
    /// Connections of a TLS port that have not said yet what they speak.
    std::unordered_set<TcpSocket*> arriving{};
};

class Connection {
public:
    Connection(ServerState& server, Wire wire);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Serves until the connection ends. Throws only when cancelled.
    awaitable<> serve();
    /// Ends the connection if it waits for a request.
    void close_if_idle();

private:
    awaitable<bool> serve_one();
    awaitable<std::optional<std::size_t>> read_head();
    awaitable<> refuse(ProtocolError error);
    awaitable<bool> handle(ParsedRequest request);
    HeadLimits head_limits() const;

    ServerState& server_;
    Channel channel_;
    std::string peer_;
    std::string out_;
    bool idle_ = false;
};

}  // namespace darkroom::http
