// HTTP/1.1 server: strict framing (llhttp), bounds on everything, keep-alive, pipelining. One per loop; several loops may
// listen on one port (SO_REUSEPORT).
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/exchange.hpp"
#include "platform/http/tls.hpp"

namespace darkroom::http {

struct ServerOptions {
    std::string bind = "127.0.0.1";
    std::uint16_t port = 0;
    bool reuse_port = false;
    std::size_t max_connections = 10'000;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_header_count = 100;
    std::size_t max_target_bytes = 8 * 1024;
    /// From the first byte of a head to its end.
    Milliseconds header_deadline = 10s;
    /// Between two requests.
    Milliseconds idle_deadline = 75s;
    /// Longest silence while a body is read or an answer is written.
    Milliseconds io_deadline = 30s;
    /// A body must arrive at this rate at least, averaged, after the first 10 s (slow body attack).
    std::uint64_t min_body_bytes_per_second = 500;
    Milliseconds body_rate_grace = 10s;
    /// Default bound for bodies; handlers lower or raise it per request with BodyReader::limit.
    std::uint64_t max_body_bytes = 26 * 1024 * 1024;
    /// With it the port speaks TLS, and plain HTTP to whoever begins so: `Exchange::is_encrypted` tells the handler. Not null:
    /// holds a context.
    std::shared_ptr<const TlsSlot> tls{};
    Milliseconds handshake_deadline = 10s;
};

class Server {
public:
    Server(Runtime& runtime, ServerOptions options, Handler& handler);
    ~Server();

    /// Binds and starts accepting. Throws std::system_error naming address and port when it cannot.
    void listen();
    std::uint16_t port() const;
    std::size_t connections() const;
    /// Stops accepting, lets running requests finish for up to `limit` (answering `Connection: close`), then closes the rest.
    awaitable<> drain(Milliseconds limit);

private:
    class Acceptor;
    std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace darkroom::http
