// Where a client's events go: a WebSocket, or a stream of server-sent events.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/http/event_stream.hpp"
#include "platform/http/websocket.hpp"

#include <memory>

namespace darkroom::event_bus {

class EventSink {
public:
    virtual ~EventSink() = default;
    /// Never waits. `text` is the event as JSON, shared by all who get it.
    virtual void send(const bus::Envelope& event, std::shared_ptr<const std::string> text) = 0;
    virtual bool is_open() const = 0;
    virtual std::size_t queued_bytes() const = 0;
    virtual void close(http::CloseCode code, std::string reason) = 0;
};

class SocketSink final : public EventSink {
public:
    explicit SocketSink(http::WebSocket socket) : socket_(std::move(socket)) {}
    void send(const bus::Envelope&, std::shared_ptr<const std::string> text) override { socket_.send(std::move(text)); }
    bool is_open() const override { return socket_.is_open(); }
    std::size_t queued_bytes() const override { return socket_.queued_bytes(); }
    void close(http::CloseCode code, std::string reason) override { socket_.close(code, std::move(reason)); }

private:
    http::WebSocket socket_;
};

/// What is never stored has no position, and so no `id:`.
class StreamSink final : public EventSink {
public:
    explicit StreamSink(http::EventStream stream) : stream_(std::move(stream)) {}
    void send(const bus::Envelope& event, std::shared_ptr<const std::string> text) override {
        stream_.send(event.position > 0 ? std::to_string(event.position) : std::string(), *text);
    }
    bool is_open() const override { return stream_.is_open(); }
    std::size_t queued_bytes() const override { return stream_.queued_bytes(); }
    void close(http::CloseCode code, std::string reason) override {
        stream_.close(code == http::CloseCode::try_again_later ? "too_slow" : "closed", reason);
    }

private:
    http::EventStream stream_;
};

}  // namespace darkroom::event_bus
