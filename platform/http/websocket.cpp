#include "platform/http/websocket.hpp"

#include "platform/http/websocket_stream.hpp"

namespace darkroom::http {

namespace {

constexpr std::size_t key_length = 24;  // 16 bytes in base64

bool is_key(std::string_view key) {
    const auto is_base64 = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    return key.size() == key_length && key.ends_with("==") && std::ranges::all_of(key.substr(0, key_length - 2), is_base64);
}

/// What Beast needs of the request, and nothing else of what the client sent.
std::string handshake_text(const RequestHead& request) {
    std::string text = "GET / HTTP/1.1\r\nHost: ";
    text.append(request.headers.get("Host")).append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    text.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
    text.append(request.headers.get("Sec-WebSocket-Key")).append("\r\n\r\n");
    return text;
}

}  // namespace

WebSocket::WebSocket(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

bool WebSocket::is_handshake(const RequestHead& request) {
    const auto& headers = request.headers;
    return request.method == "GET" && request.upgrade && equal_ignoring_case(headers.get("Upgrade"), "websocket") &&
           headers.get("Sec-WebSocket-Version") == "13" && headers.count("Sec-WebSocket-Key") == 1 &&
           is_key(headers.get("Sec-WebSocket-Key"));
}

awaitable<WebSocket> WebSocket::accept(Exchange& exchange, std::string correlation_id, WebSocketOptions options) {
    if (!is_handshake(exchange.request())) {
        fail({Kind::malformed, "malformed_handshake", "this is no WebSocket handshake (RFC 6455)"});
    }
    auto request = handshake_text(exchange.request());
    auto upgraded = exchange.detach();
    request += upgraded.received;
    auto stream = std::make_shared<Stream>(upgraded.wire.release(), options);
    co_await stream->accept(std::move(request), std::move(correlation_id));
    co_return WebSocket(std::move(stream));
}

awaitable<std::optional<std::string>> WebSocket::receive() {
    return stream_->receive();
}

void WebSocket::send(std::shared_ptr<const std::string> text) {
    stream_->send(std::move(text));
}

void WebSocket::send(std::string text) {
    stream_->send(std::make_shared<const std::string>(std::move(text)));
}

void WebSocket::close(CloseCode code, std::string reason) {
    stream_->close(code, std::move(reason));
}

bool WebSocket::is_open() const {
    return stream_->is_open();
}

awaitable<> WebSocket::finished() {
    return stream_->finished();
}

std::size_t WebSocket::queued_bytes() const {
    return stream_->queued_bytes();
}

}  // namespace darkroom::http
