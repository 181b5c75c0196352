// Stands for a service behind the gateway, good and bad ones. Behaviour is chosen by the path's last segment.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/server.hpp"

#include <map>
#include <string>

namespace darkroom::gateway {

class StubUpstream : public http::Handler {
public:
    explicit StubUpstream(Runtime& runtime, std::string name = "stub");

    /// "http://127.0.0.1:<port>"
    std::string url() const;
    awaitable<> handle(http::Exchange& exchange) override;
    std::size_t connections() const { return server_.connections(); }
    awaitable<> stop() { return server_.drain(200ms); }

    /// What it has seen.
    http::RequestHead last_request{};
    std::uint64_t body_bytes = 0;
    std::string last_body{};
    int requests = 0;
    int clients_gone = 0;
    std::uint64_t bytes_written = 0;

private:
    awaitable<> answer_head(http::Exchange& exchange);
    awaitable<> echo(http::Exchange& exchange);
    awaitable<> swallow(http::Exchange& exchange);
    awaitable<> refuse_early(http::Exchange& exchange);
    awaitable<> answer_before_the_end(http::Exchange& exchange);
    awaitable<> give(http::Exchange& exchange, bool sized);
    awaitable<> give_endlessly(http::Exchange& exchange);
    awaitable<> break_off(http::Exchange& exchange);
    awaitable<> hang(http::Exchange& exchange);
    awaitable<> echo_socket(http::Exchange& exchange);

    Runtime& runtime_;
    std::string name_;
    http::Server server_;
};

/// Accepts one connection after the other and plays a fixed text on each, whatever is asked.
class ScriptedUpstream {
public:
    struct Script {
        /// Sent after the request's head has come; empty: nothing.
        std::string answer{};
        /// Closes after this many answers; 0: never.
        int close_after = 1;
        /// Takes one more request before it closes, and does not answer it.
        bool dies_on_the_next = false;
    };
    ScriptedUpstream(Runtime& runtime, std::vector<Script> scripts);

    std::string url() const;
    int connections() const { return connections_; }

private:
    awaitable<> serve();
    awaitable<> play(TcpSocket socket, Script script);

    TcpAcceptor acceptor_;
    std::vector<Script> scripts_;
    int connections_ = 0;
    TaskGroup tasks_;
};

}  // namespace darkroom::gateway
