// The machinery behind WebSocket: one Beast stream, a queue, a watch over silence. Only websocket*.cpp include this; it is
// expensive to compile.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/http/websocket.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>

namespace darkroom::http {

class WebSocket::Stream : public std::enable_shared_from_this<Stream> {
public:
    using Beast = boost::beast::websocket::stream<TcpSocket, false>;

    Stream(TcpSocket socket, WebSocketOptions options);

    /// `request` is the handshake and what followed it.
    awaitable<> accept(std::string request, std::string correlation_id);
    awaitable<std::optional<std::string>> receive();
    void send(std::shared_ptr<const std::string> text);
    void close(CloseCode code, std::string reason);
    bool is_open() const { return state_ == State::open; }
    awaitable<> finished();
    std::size_t queued_bytes() const { return queued_bytes_; }

private:
    enum class State { open, closing, closed };

    void write_next();
    void on_written(boost::system::error_code error);
    void start_close();
    void end();
    void watch();
    void on_watch();

    Beast stream_;
    WebSocketOptions options_;
    boost::beast::flat_buffer incoming_;
    std::deque<std::shared_ptr<const std::string>> queue_;
    std::size_t queued_bytes_ = 0;
    State state_ = State::open;
    bool writing_ = false;
    bool pinging_ = false;
    /// The closing handshake has begun.
    bool close_sent_ = false;
    CloseCode close_code_ = CloseCode::normal;
    std::string close_reason_;
    Timer timer_;
    SteadyClock::time_point last_heard_;
    Notifier changed_;
};

}  // namespace darkroom::http
