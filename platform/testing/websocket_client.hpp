// A WebSocket's other end, for tests that run on the loop.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/client.hpp"
#include "platform/json/described.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::testing {

/// Reads in the background from the handshake on; frames wait until they are asked for.
class WebSocketClient {
public:
    explicit WebSocketClient(Executor executor);
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    /// The status of the handshake: 101, or the refusal's. `token` goes into Authorization unless empty.
    awaitable<int> connect(http::Origin origin, std::string target, std::string token = {});
    awaitable<> send(json::Object frame);
    awaitable<> send_text(std::string text);
    /// The next frame; nullopt when none came in time or the socket is closed.
    awaitable<std::optional<json::Object>> next(Milliseconds limit = 10s);
    /// Skips frames until one of this `type` member comes.
    awaitable<std::optional<json::Object>> next_of_type(std::string type, Milliseconds limit = 10s);
    /// Stops reading, so that the server's queue fills.
    void stop_reading();
    /// Waits for the end; the close code, 1006 without one, 0 when it is still open after `limit`.
    awaitable<int> closed(Milliseconds limit = 10s);
    /// Drops the connection without a word.
    void abort();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace darkroom::testing
