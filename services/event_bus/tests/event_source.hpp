// A client of server-sent events, as a browser's EventSource would read them.
#pragma once

#include "platform/async/deadline.hpp"
#include "platform/http/client.hpp"
#include "platform/json/described.hpp"

namespace darkroom::event_bus {

struct StreamFrame {
    std::string id;
    std::string event;
    std::string data;

    json::Object object() const { return json::parse(data).value().as_object(); }
};

class EventSource {
public:
    explicit EventSource(Runtime& runtime) : client_(runtime) {}

    /// The status; the stream is open when it is 200.
    awaitable<int> open(http::Origin origin, std::string target, std::string token, std::string last_event_id = {}) {
        http::RequestHead head;
        head.method = "GET";
        head.target = std::move(target);
        if (!token.empty()) head.headers.set("Authorization", "Bearer " + token);
        if (!last_event_id.empty()) head.headers.set("Last-Event-ID", last_event_id);
        stream_ = co_await client_.start(std::move(origin), std::move(head), 0);
        co_await stream_->finish();
        response_ = co_await stream_->response();
        co_return response_.status;
    }
    const http::ResponseHead& response() const { return response_; }
    /// What a browser would send as Last-Event-ID.
    const std::string& last_event_id() const { return last_event_id_; }

    /// The next frame with data; nullopt at the end of the stream or when none comes within `limit`.
    awaitable<std::optional<StreamFrame>> next(Milliseconds limit = 10s) {
        std::optional<StreamFrame> frame;
        try {
            frame = co_await with_deadline(limit, "the next frame", read_frame());
        } catch (const Failure&) {
            // Too late, or cut off: no frame.
        }
        co_return frame;
    }

    void close() { stream_.reset(); }

private:
    awaitable<std::optional<StreamFrame>> read_frame() {
        while (true) {
            for (auto end = kept_.find("\n\n"); end != std::string::npos; end = kept_.find("\n\n")) {
                auto frame = parse(kept_.substr(0, end + 1));
                kept_.erase(0, end + 2);
                if (!frame.id.empty()) last_event_id_ = frame.id;
                if (!frame.data.empty()) co_return frame;
            }
            const auto piece = co_await stream_->body().read();
            if (!piece) co_return std::nullopt;
            kept_ += *piece;
        }
    }

    static StreamFrame parse(std::string_view text) {
        StreamFrame frame;
        while (!text.empty()) {
            const auto line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            if (line.starts_with("id: ")) frame.id = line.substr(4);
            if (line.starts_with("event: ")) frame.event = line.substr(7);
            if (line.starts_with("data: ")) frame.data += line.substr(6);
        }
        return frame;
    }

    http::Client client_;
    std::unique_ptr<http::ClientStream> stream_;
    http::ResponseHead response_;
    std::string kept_;
    std::string last_event_id_;
};

}  // namespace darkroom::event_bus
