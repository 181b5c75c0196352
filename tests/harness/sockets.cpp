#include "tests/harness/sockets.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>

namespace darkroom::system_test {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr int abnormal_closure = 1006;

}  // namespace

class WebSocketClient::Connection {
public:
    Connection(std::uint16_t port, const std::string& target, const std::string& token) : stream_(loop_) {
        run(SteadyClock::now() + patience,
            [&](auto done) { stream_.next_layer().async_connect({asio::ip::address_v4::loopback(), port}, done); });
        if (failed_) return;
        const auto decorate = [token](websocket::request_type& request) {
            if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
        };
        stream_.set_option(websocket::stream_base::decorator(decorate));
        websocket::response_type response;
        run(SteadyClock::now() + patience,
            [&](auto done) { stream_.async_handshake(response, "127.0.0.1:" + std::to_string(port), target, done); });
        status_ = static_cast<int>(response.result_int());
        if (failed_ && status_ == 101) status_ = 0;
        open_ = !failed_;
    }

    bool open() const { return open_; }
    int status() const { return status_; }
    int close_code() const { return close_code_; }

    void send(const std::string& text) {
        if (!open_) return;
        stream_.text(true);
        run(SteadyClock::now() + patience, [&](auto done) {
            stream_.async_write(asio::buffer(text), [done](beast::error_code error, std::size_t) { done(error); });
        });
        if (failed_) open_ = false;
    }

    std::optional<std::string> next(std::chrono::milliseconds limit) {
        const auto until = SteadyClock::now() + limit;
        while (frames_.empty() && open_) {
            if (!reading_) read();
            loop_.restart();
            if (SteadyClock::now() >= until || loop_.run_one_until(until) == 0) break;
        }
        if (frames_.empty()) return std::nullopt;
        auto frame = std::move(frames_.front());
        frames_.pop_front();
        return frame;
    }

private:
    /// Runs one operation to its end, or closes the socket when it takes too long. A read that is under way goes on meanwhile.
    template <class Start>
    void run(SteadyClock::time_point until, Start start) {
        bool finished = false;
        start([&finished, this](beast::error_code error) {
            finished = true;
            failed_ = static_cast<bool>(error);
        });
        while (!finished) {
            loop_.restart();
            if (loop_.run_one_until(until) > 0 || SteadyClock::now() < until) continue;
            failed_ = true;
            stream_.next_layer().close();
            loop_.restart();
            loop_.run();
            return;
        }
    }

    void read() {
        reading_ = true;
        stream_.async_read(buffer_, [this](beast::error_code error, std::size_t) {
            reading_ = false;
            if (error) {
                open_ = false;
                const auto code = static_cast<int>(stream_.reason().code);
                close_code_ = code == 0 ? abnormal_closure : code;
                return;
            }
            frames_.push_back(beast::buffers_to_string(buffer_.data()));
            buffer_.consume(buffer_.size());
        });
    }

    asio::io_context loop_;
    websocket::stream<tcp::socket> stream_;
    beast::flat_buffer buffer_;
    std::deque<std::string> frames_;
    bool reading_ = false;
    bool open_ = false;
    bool failed_ = false;
    int status_ = 0;
    int close_code_ = 0;
};

WebSocketClient::WebSocketClient(std::uint16_t port, std::string target, std::string token)
    : connection_(std::make_unique<Connection>(port, target, token)) {}
WebSocketClient::~WebSocketClient() = default;
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;

bool WebSocketClient::open() const {
    return connection_->open();
}

int WebSocketClient::status() const {
    return connection_->status();
}

int WebSocketClient::close_code() const {
    return connection_->close_code();
}

void WebSocketClient::send(const json::Object& frame) {
    connection_->send(json::serialize(frame));
}

void WebSocketClient::send_text(std::string text) {
    connection_->send(text);
}

std::optional<json::Value> WebSocketClient::next(std::chrono::milliseconds limit) {
    const auto frame = connection_->next(limit);
    if (!frame) return std::nullopt;
    auto value = json::parse(*frame);
    return value ? *value : json::Value(boost::json::string(*frame));
}

std::optional<json::Value> WebSocketClient::find(const std::function<bool(const json::Value&)>& wanted,
                                                 std::chrono::milliseconds limit) {
    const auto until = SteadyClock::now() + limit;
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now());
        auto frame = next(std::max(left, std::chrono::milliseconds(0)));
        if (!frame || wanted(*frame)) return frame;
    }
}

std::string RawAnswer::status() const {
    return received.starts_with("HTTP/1.1 ") ? received.substr(9, 3) : std::string();
}

RawAnswer send_raw(std::uint16_t port, std::string_view bytes, std::chrono::milliseconds limit) {
    asio::io_context loop;
    tcp::socket socket(loop);
    RawAnswer answer;
    beast::error_code refused;
    socket.connect({asio::ip::address_v4::loopback(), port}, refused);
    if (refused) return answer;
    asio::async_write(socket, asio::buffer(bytes), [](beast::error_code, std::size_t) {});
    const auto on_read = [&answer](beast::error_code error, std::size_t) {
        answer.closed = error == asio::error::eof || error == asio::error::connection_reset;
    };
    asio::async_read(socket, asio::dynamic_buffer(answer.received), on_read);
    loop.run_for(limit);
    beast::error_code ignored;
    socket.close(ignored);
    loop.restart();
    const bool closed = answer.closed;
    loop.run();
    answer.closed = closed;
    return answer;
}

}  // namespace darkroom::system_test
