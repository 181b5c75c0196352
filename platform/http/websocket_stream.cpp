#include "platform/http/websocket_stream.hpp"

namespace darkroom::http {

namespace websocket = boost::beast::websocket;

namespace {

/// A control frame's 125 bytes without the code (RFC 6455 §5.5).
constexpr std::size_t longest_close_reason = 123;

}  // namespace

WebSocket::Stream::Stream(TcpSocket socket, WebSocketOptions options)
    : stream_(std::move(socket)),
      options_(options),
      timer_(stream_.get_executor()),
      last_heard_(SteadyClock::now()),
      changed_(stream_.get_executor()) {
    stream_.read_message_max(options_.max_message_bytes);
    stream_.text(true);
    // One message, one frame.
    stream_.auto_fragment(false);
}

awaitable<> WebSocket::Stream::accept(std::string request, std::string correlation_id) {
    const auto decorate = [correlation_id](websocket::response_type& response) {
        response.erase(boost::beast::http::field::server);
        response.set("X-Correlation-ID", correlation_id);
    };
    stream_.set_option(websocket::stream_base::decorator(decorate));
    const auto buffer = net::buffer(request);
    co_await stream_.async_accept(buffer, use_awaitable);
    const auto on_control = [this](websocket::frame_type, boost::beast::string_view) { last_heard_ = SteadyClock::now(); };
    stream_.control_callback(on_control);
    watch();
}

awaitable<std::optional<std::string>> WebSocket::Stream::receive() {
    const auto self = shared_from_this();
    if (state_ == State::closed) co_return std::nullopt;
    const auto [error, bytes] = co_await stream_.async_read(incoming_, as_result);
    last_heard_ = SteadyClock::now();
    if (error) {
        // Beast has answered the peer's close, or has sent one of its own (too large, not UTF-8).
        end();
        co_return std::nullopt;
    }
    if (!stream_.got_text()) {
        close(CloseCode::policy, "only text messages are understood");
        co_return std::nullopt;
    }
    std::string text(static_cast<const char*>(incoming_.data().data()), bytes);
    incoming_.clear();
    incoming_.shrink_to_fit();
    co_return text;
}

void WebSocket::Stream::send(std::shared_ptr<const std::string> text) {
    if (state_ != State::open) return;
    queued_bytes_ += text->size();
    if (queued_bytes_ > options_.max_queued_bytes) return close(CloseCode::try_again_later, "too slow to keep up");
    queue_.push_back(std::move(text));
    if (!writing_) write_next();
}

void WebSocket::Stream::write_next() {
    if (queue_.empty()) {
        writing_ = false;
        changed_.notify();
        if (state_ == State::closing) start_close();
        return;
    }
    writing_ = true;
    // The message stays in the queue until it is out.
    const auto on_done = [self = shared_from_this()](boost::system::error_code error, std::size_t) { self->on_written(error); };
    stream_.async_write(net::buffer(*queue_.front()), on_done);
}

void WebSocket::Stream::on_written(boost::system::error_code error) {
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    if (error) {
        writing_ = false;
        return end();
    }
    write_next();
}

void WebSocket::Stream::close(CloseCode code, std::string reason) {
    if (state_ != State::open) return;
    state_ = State::closing;
    close_code_ = code;
    close_reason_ = std::move(reason);
    if (code == CloseCode::try_again_later) {
        // Nothing more for a peer that does not take what it gets; what is being written must end first.
        while (queue_.size() > 1) {
            queued_bytes_ -= queue_.back()->size();
            queue_.pop_back();
        }
    }
    watch();
    if (!writing_) start_close();
}

void WebSocket::Stream::start_close() {
    if (std::exchange(close_sent_, true)) return;
    websocket::close_reason reason(static_cast<std::uint16_t>(close_code_));
    reason.reason = close_reason_.substr(0, longest_close_reason);
    const auto on_done = [self = shared_from_this()](boost::system::error_code) { self->end(); };
    stream_.async_close(reason, on_done);
}

/// The connection is over, in whatever way; every operation still running ends with an error.
void WebSocket::Stream::end() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    timer_.cancel();
    boost::system::error_code ignored;
    stream_.next_layer().shutdown(TcpSocket::shutdown_both, ignored);
    stream_.next_layer().close(ignored);
    changed_.notify();
}

void WebSocket::Stream::watch() {
    timer_.expires_after(state_ == State::closing ? options_.close_deadline : options_.ping_interval);
    const auto on_time = [weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (self && !error) self->on_watch();
    };
    timer_.async_wait(on_time);
}

void WebSocket::Stream::on_watch() {
    if (state_ == State::closed) return;
    if (state_ == State::closing || SteadyClock::now() - last_heard_ >= options_.silence_deadline) return end();
    if (!std::exchange(pinging_, true)) {
        const auto on_done = [self = shared_from_this()](boost::system::error_code error) {
            self->pinging_ = false;
            if (error) self->end();
        };
        stream_.async_ping({}, on_done);
    }
    watch();
}

awaitable<> WebSocket::Stream::finished() {
    const auto self = shared_from_this();
    while (state_ != State::closed || writing_) co_await changed_.wait_for(options_.close_deadline);
}

}  // namespace darkroom::http
