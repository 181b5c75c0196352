// WebSockets and bare TCP, for tests. Blocking, every wait with a deadline.
#pragma once

#include "platform/json/described.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::system_test {

inline constexpr std::chrono::milliseconds patience{20'000};

class WebSocketClient {
public:
    /// Connects to 127.0.0.1. `target` with its query. Never throws.
    WebSocketClient(std::uint16_t port, std::string target, std::string token = {});
    ~WebSocketClient();
    WebSocketClient(WebSocketClient&&) noexcept;
    WebSocketClient& operator=(WebSocketClient&&) noexcept;

    bool open() const;
    /// The status that refused the handshake; 101 when it stands, 0 without an answer.
    int status() const;
    /// Why it is closed, once it is: the close code, 1006 without one.
    int close_code() const;
    void send(const json::Object& frame);
    void send_text(std::string text);
    /// The next frame; nullopt when none came in time or the socket is closed.
    std::optional<json::Value> next(std::chrono::milliseconds limit = patience);
    /// Frames up to the first that `wanted` accepts; nullopt when none came in time.
    std::optional<json::Value> find(const std::function<bool(const json::Value&)>& wanted,
                                    std::chrono::milliseconds limit = patience);

private:
    class Connection;
    std::unique_ptr<Connection> connection_;
};

/// Sends bytes as they are and returns everything that came back until the server closed; `closed` false: it did not in time.
struct RawAnswer {
    std::string received;
    bool closed = false;
    /// "400" of the first status line; empty without one.
    std::string status() const;
};
RawAnswer send_raw(std::uint16_t port, std::string_view bytes, std::chrono::milliseconds limit = std::chrono::seconds(5));

}  // namespace darkroom::system_test
