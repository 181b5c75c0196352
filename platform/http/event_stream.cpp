#include "platform/http/event_stream.hpp"

#include "platform/json/described.hpp"

#include <deque>

namespace darkroom::http {

namespace {

/// Frames that wait are sent together up to this size.
constexpr std::size_t piece_bytes = 64 * 1024;

/// A line feed would end the field, so each line becomes a field of its own.
void append_data(std::string& frame, std::string_view data) {
    std::size_t begin = 0;
    while (true) {
        const auto end = data.find('\n', begin);
        frame += "data: ";
        frame += data.substr(begin, end == std::string_view::npos ? end : end - begin);
        frame += '\n';
        if (end == std::string_view::npos) break;
        begin = end + 1;
    }
    frame += '\n';
}

}  // namespace

struct EventStream::State {
    State(Executor executor, EventStreamOptions o) : options(o), news(executor) {}

    std::string heartbeat() const {
        const auto at = position ? position() : std::string();
        return at.empty() ? ": heartbeat\n\n" : ": heartbeat\nid: " + at + "\n\n";
    }

    void push(std::string frame) {
        queued_bytes += frame.size();
        queue.push_back(std::move(frame));
        news.notify();
    }

    EventStreamOptions options;
    Notifier news;
    std::deque<std::string> queue;
    std::size_t queued_bytes = 0;
    bool open = true;
    std::function<std::string()> position;
    std::shared_ptr<void> guard;
};

EventStream::EventStream(Executor executor, EventStreamOptions options) : state_(std::make_shared<State>(executor, options)) {
    state_->push("retry: " + std::to_string(options.retry.count()) + "\n: connected\n\n");
}

Response EventStream::response(std::shared_ptr<void> guard) const {
    // Lives in the answer's body alone: the guard must go when the answer does, not when the last copy of the stream does.
    struct Ending {
        explicit Ending(std::shared_ptr<State> s) : state(std::move(s)) {}
        ~Ending() {
            state->open = false;
            state->queue.clear();
            state->position = {};
            state->guard.reset();
        }
        Ending(const Ending&) = delete;
        Ending& operator=(const Ending&) = delete;
        std::shared_ptr<State> state;
    };
    state_->guard = std::move(guard);
    Response response{.status = 200};
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    // For proxies that would gather the stream before they pass it on.
    response.headers.set("X-Accel-Buffering", "no");
    response.body = StreamBody([ending = std::make_shared<Ending>(state_)] { return next(ending->state); });
    return response;
}

awaitable<std::optional<std::string>> EventStream::next(std::shared_ptr<State> state) {
    if (state->queue.empty() && state->open) {
        const auto seen = state->news.count();
        co_await state->news.wait_past(seen, state->options.heartbeat);
        if (state->queue.empty() && state->open) co_return state->heartbeat();
    }
    if (state->queue.empty()) co_return std::nullopt;
    std::string piece;
    while (!state->queue.empty() && (piece.empty() || piece.size() + state->queue.front().size() <= piece_bytes)) {
        piece += state->queue.front();
        state->queue.pop_front();
    }
    state->queued_bytes -= piece.size();
    co_return piece;
}

void EventStream::send(std::string_view id, std::string_view data) const {
    if (!state_->open) return;
    std::string frame;
    frame.reserve(id.size() + data.size() + 16);
    if (!id.empty()) frame.append("id: ").append(id) += '\n';
    append_data(frame, data);
    state_->push(std::move(frame));
    if (state_->queued_bytes > state_->options.max_queued_bytes) {
        close("too_slow", "too slow to keep up; connect again with the Last-Event-ID you have");
    }
}

void EventStream::stand_at(std::string_view id) const {
    if (state_->open) state_->push("id: " + std::string(id) + "\n\n");
}

void EventStream::on_heartbeat(std::function<std::string()> position) const {
    state_->position = std::move(position);
}

void EventStream::close(std::string_view code, std::string_view message) const {
    if (!state_->open) return;
    const json::Object reason{{"code", boost::json::string(code)}, {"message", boost::json::string(message)}};
    std::string frame = "event: end\n";
    append_data(frame, json::serialize(reason));
    state_->open = false;
    state_->push(std::move(frame));
}

bool EventStream::is_open() const {
    return state_->open;
}

std::size_t EventStream::queued_bytes() const {
    return state_->queued_bytes;
}

}  // namespace darkroom::http
