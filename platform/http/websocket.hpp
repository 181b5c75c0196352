// One WebSocket (RFC 6455) on the server's side, over Beast. Loop thread only.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/time.hpp"
#include "platform/http/exchange.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::http {

/// Close codes we send.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    policy = 1008,
    too_big = 1009,
    try_again_later = 1013
};

struct WebSocketOptions {
    std::size_t max_message_bytes = 64 * 1024;
    /// Queued and not yet sent; past it the peer is too slow.
    std::size_t max_queued_bytes = 1024 * 1024;
    Milliseconds ping_interval = 20s;
    Milliseconds silence_deadline = 60s;
    /// From `close` to the end, whatever the peer does.
    Milliseconds close_deadline = 3s;
};

/// Movable handle. Reading is for one coroutine; `send` may be called by anyone on the loop and never waits:
/// messages are queued, and when the queue passes its bound the socket is closed with 1013 (a client too slow to keep up).
/// Protocol pings go out every 20 s; a peer silent for 60 s is dropped.
class WebSocket {
public:
    class Stream;
    explicit WebSocket(std::shared_ptr<Stream> stream);

    /// True for a GET with Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Version: 13 and a key.
    static bool is_handshake(const RequestHead& request);
    /// Answers 101 (with X-Correlation-ID) and takes the connection over. Throws Failure malformed for a bad handshake.
    static awaitable<WebSocket> accept(Exchange& exchange, std::string correlation_id, WebSocketOptions options = {});

    /// The next text message (at most 64 KiB, else closed with 1009); nullopt when the socket is closed for whatever reason.
    awaitable<std::optional<std::string>> receive();
    /// The text may be shared between sockets, so that a broadcast is built once.
    void send(std::shared_ptr<const std::string> text);
    void send(std::string text);
    /// Starts the closing handshake once what is queued is out; idempotent.
    void close(CloseCode code, std::string reason = {});
    bool is_open() const;
    /// Returns once the socket is closed and its reader and writer have ended; at most a few seconds after `close`.
    awaitable<> finished();
    /// Bytes queued and not yet handed to the kernel.
    std::size_t queued_bytes() const;

private:
    std::shared_ptr<Stream> stream_;
};

}  // namespace darkroom::http
