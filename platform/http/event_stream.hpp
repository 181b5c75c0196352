// One answer of server-sent events (text/event-stream, WHATWG HTML section 9.2). Loop thread only.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/core/time.hpp"
#include "platform/http/response.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::http {

struct EventStreamOptions {
    /// Queued and not yet sent; past it the client is too slow and its stream ends.
    std::size_t max_queued_bytes = 1024 * 1024;
    /// After this silence a comment goes out: it keeps proxies patient and finds out who has gone.
    Milliseconds heartbeat = 15s;
    /// How long a client is asked to wait before it connects again.
    Milliseconds retry = 2s;
};

/// Copies share the stream. `send` never waits: frames are queued, and when the queue passes its bound the stream ends with the
/// event "end"; the client connects again with the Last-Event-ID it has.
class EventStream {
public:
    explicit EventStream(Executor executor, EventStreamOptions options = {});

    /// The answer. `guard` is dropped when the client has gone or the stream has ended.
    Response response(std::shared_ptr<void> guard) const;

    /// `id` may be empty: the client's Last-Event-ID stays as it is.
    void send(std::string_view id, std::string_view data) const;
    /// Tells the client where it stands without an event: it will come again with this id.
    void stand_at(std::string_view id) const;
    /// Asked at each heartbeat for the id that the client should have by then; empty: it stays as it is.
    void on_heartbeat(std::function<std::string()> position) const;
    /// Ends the stream once what is queued is out; `code` and `message` go out as the event "end". Idempotent.
    void close(std::string_view code, std::string_view message) const;
    bool is_open() const;
    std::size_t queued_bytes() const;

private:
    struct State;
    static awaitable<std::optional<std::string>> next(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace darkroom::http
