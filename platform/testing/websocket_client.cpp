#include "platform/testing/websocket_client.hpp"

#include "platform/async/deadline.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>

namespace darkroom::testing {

namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

constexpr std::size_t max_frame_bytes = 16 * 1024 * 1024;

}  // namespace

struct WebSocketClient::State {
    explicit State(Executor executor) : stream(executor), changed(executor), tasks(executor) {}

    websocket::stream<TcpSocket> stream;
    Notifier changed;
    TaskGroup tasks;
    std::deque<std::string> frames;
    bool reading = true;
    bool ended = false;
};

namespace {

template <class State>
awaitable<> read_frames(std::shared_ptr<State> state) {
    while (true) {
        while (!state->reading) co_await state->changed.wait_for(1s);
        beast::flat_buffer buffer;
        const auto [error, bytes] = co_await state->stream.async_read(buffer, as_result);
        if (error) break;
        state->frames.emplace_back(static_cast<const char*>(buffer.data().data()), bytes);
        state->changed.notify();
    }
    state->ended = true;
    state->changed.notify();
}

}  // namespace

WebSocketClient::WebSocketClient(Executor executor) : state_(std::make_shared<State>(executor)) {}

WebSocketClient::~WebSocketClient() {
    abort();
}

awaitable<int> WebSocketClient::connect(http::Origin origin, std::string target, std::string token) {
    const auto state = state_;
    const net::ip::tcp::endpoint endpoint(net::ip::make_address(origin.host), origin.port);
    co_await state->stream.next_layer().async_connect(endpoint, use_awaitable);
    const auto decorate = [token](websocket::request_type& request) {
        if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
    };
    state->stream.set_option(websocket::stream_base::decorator(decorate));
    state->stream.read_message_max(max_frame_bytes);
    websocket::response_type response;
    const auto [error] = co_await state->stream.async_handshake(response, origin.authority(), target, as_result);
    if (error) {
        state->ended = true;
        co_return static_cast<int>(response.result_int());
    }
    state->tasks.spawn("websocket client", read_frames(state));
    co_return 101;
}

awaitable<> WebSocketClient::send(json::Object frame) {
    co_await send_text(json::serialize(frame));
}

awaitable<> WebSocketClient::send_text(std::string text) {
    const auto state = state_;
    state->stream.text(true);
    co_await state->stream.async_write(net::buffer(text), use_awaitable);
}

awaitable<std::optional<json::Object>> WebSocketClient::next(Milliseconds limit) {
    const auto state = state_;
    const auto until = SteadyClock::now() + limit;
    while (state->frames.empty()) {
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        if (state->ended || left <= 0ms) co_return std::nullopt;
        co_await state->changed.wait_for(left);
    }
    auto value = json::parse(state->frames.front()).value();
    state->frames.pop_front();
    co_return std::move(value.as_object());
}

awaitable<std::optional<json::Object>> WebSocketClient::next_of_type(std::string type, Milliseconds limit) {
    const auto until = SteadyClock::now() + limit;
    while (true) {
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        auto frame = co_await next(std::max(0ms, left));
        if (!frame) co_return std::nullopt;
        const auto* found = frame->if_contains("type");
        if (found != nullptr && found->is_string() && json::view(found->get_string()) == type) co_return frame;
    }
}

void WebSocketClient::stop_reading() {
    state_->reading = false;
}

awaitable<int> WebSocketClient::closed(Milliseconds limit) {
    const auto state = state_;
    state->reading = true;
    state->changed.notify();
    const auto until = SteadyClock::now() + limit;
    while (!state->ended) {
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        if (left <= 0ms) co_return 0;
        co_await state->changed.wait_for(left);
    }
    const auto code = state->stream.reason().code;
    co_return code == websocket::close_code::none ? 1006 : static_cast<int>(code);
}

void WebSocketClient::abort() {
    boost::system::error_code ignored;
    state_->stream.next_layer().close(ignored);
    state_->tasks.cancel();
}

}  // namespace darkroom::testing
