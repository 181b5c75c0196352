#include "services/gateway/tests/stub_upstream.hpp"

#include "platform/async/deadline.hpp"
#include "platform/json/described.hpp"

#include <array>
#include <charconv>

namespace darkroom::gateway {

namespace {

constexpr std::size_t piece_bytes = 32 * 1024;
constexpr std::uint64_t unbounded = std::uint64_t{1} << 40;

std::string_view last_segment(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string url_of(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

}  // namespace

StubUpstream::StubUpstream(Runtime& runtime, std::string name)
    : runtime_(runtime), name_(std::move(name)), server_(runtime, {}, *this) {
    server_.listen();
}

std::string StubUpstream::url() const {
    return url_of(server_.port());
}

awaitable<> StubUpstream::handle(http::Exchange& exchange) {
    last_request = exchange.request();
    ++requests;
    const auto what = last_segment(last_request.path);
    if (what == "upload") return swallow(exchange);
    if (what == "echo") return echo(exchange);
    if (what == "early") return refuse_early(exchange);
    if (what == "answer-first") return answer_before_the_end(exchange);
    if (what == "sized") return give(exchange, true);
    if (what == "chunked") return give(exchange, false);
    if (what == "endless") return give_endlessly(exchange);
    if (what == "broken") return break_off(exchange);
    if (what == "hang") return hang(exchange);
    if (what == "socket" || last_request.path.starts_with("/ws/")) return echo_socket(exchange);
    return answer_head(exchange);
}

awaitable<> StubUpstream::answer_head(http::Exchange& exchange) {
    const auto& request = exchange.request();
    json::Object headers;
    for (const auto& header : request.headers) headers[header.name] = header.value;
    const json::Object document{
        {"name", name_}, {"method", request.method}, {"target", request.target}, {"headers", std::move(headers)}};
    auto response = http::Response::text(200, "application/json", json::serialize(document));
    response.headers.add("X-End", "2");
    response.headers.add("X-Upstream", name_);
    co_await exchange.respond(std::move(response));
}

awaitable<> StubUpstream::swallow(http::Exchange& exchange) {
    auto& body = exchange.body();
    body.limit(unbounded);
    while (const auto piece = co_await body.read()) body_bytes += piece->size();
    auto response = http::Response::text(200, "text/plain", std::to_string(body_bytes));
    co_await exchange.respond(std::move(response));
}

awaitable<> StubUpstream::echo(http::Exchange& exchange) {
    last_body = co_await http::read_all(exchange.body(), unbounded);
    auto response = http::Response::text(200, "application/json", last_body);
    // "gzip", say: then the text only claims to be so.
    if (!exchange.request().query.empty()) response.headers.set("Content-Encoding", exchange.request().query);
    response.headers.set("ETag", "\"1\"");
    co_await exchange.respond(std::move(response));
}

awaitable<> StubUpstream::refuse_early(http::Exchange& exchange) {
    auto response = http::Response::text(413, "text/plain", "too much");
    co_await exchange.respond(std::move(response));
}

awaitable<> StubUpstream::answer_before_the_end(http::Exchange& exchange) {
    exchange.body().limit(unbounded);
    const auto first = co_await exchange.body().read();
    body_bytes += first ? first->size() : 0;
    co_await exchange.start({200, {{"Content-Type", "text/plain"}}}, std::nullopt);
    co_await exchange.write("first");
    while (const auto piece = co_await exchange.body().read()) body_bytes += piece->size();
    co_await exchange.write("last");
    co_await exchange.finish();
}

awaitable<> StubUpstream::give(http::Exchange& exchange, bool sized) {
    const auto total = number_of(exchange.request().query);
    const auto length = sized ? std::optional(total) : std::nullopt;
    co_await exchange.start({200, {{"Content-Type", "application/octet-stream"}}}, length);
    const std::string piece(piece_bytes, 'x');
    while (bytes_written < total) {
        const auto size = std::min<std::uint64_t>(piece.size(), total - bytes_written);
        co_await exchange.write(std::string_view(piece).substr(0, size));
        bytes_written += size;
    }
    co_await exchange.finish();
}

awaitable<> StubUpstream::give_endlessly(http::Exchange& exchange) {
    co_await exchange.start({200, {{"Content-Type", "text/event-stream"}}}, std::nullopt);
    co_await exchange.write("data: 1\n\n");
    const auto count = [this] { ++clients_gone; };
    exchange.on_disconnect(count);
    co_await pause_for(30s);
}

awaitable<> StubUpstream::break_off(http::Exchange& exchange) {
    co_await exchange.start({200, {{"Content-Type", "text/plain"}}}, 1000);
    co_await exchange.write("only this");
    exchange.abort();
}

awaitable<> StubUpstream::hang(http::Exchange& exchange) {
    while (const auto piece = co_await exchange.body().read()) body_bytes += piece->size();
    Timer patience(co_await net::this_coro::executor, 30s);
    const auto count = [this, &patience] {
        ++clients_gone;
        patience.cancel();
    };
    exchange.on_disconnect(count);
    co_await patience.async_wait(as_result);
    exchange.abort();
}

/// Says 101 and sends everything back; "bye" makes it close.
awaitable<> StubUpstream::echo_socket(http::Exchange& exchange) {
    if (!exchange.request().headers.has("Sec-WebSocket-Key")) co_return co_await answer_head(exchange);
    if (exchange.request().query.find("refuse") != std::string::npos) {
        auto refusal = http::Response::text(403, "text/plain", "not you");
        co_return co_await exchange.respond(std::move(refusal));
    }
    http::ResponseHead head{101, {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", "a"}}};
    auto upgraded = co_await exchange.upgrade(std::move(head));
    std::string text = "hello ";
    co_await net::async_write(upgraded.wire.socket(), net::buffer(text), use_awaitable);
    text = upgraded.received;
    while (true) {
        if (!text.empty()) co_await net::async_write(upgraded.wire.socket(), net::buffer(text), use_awaitable);
        bytes_written += text.size();
        if (text.find("bye") != std::string::npos) co_return;
        text.resize(piece_bytes);
        const auto [error, size] = co_await upgraded.wire.socket().async_read_some(net::buffer(text), as_result);
        if (error) break;
        text.resize(size);
    }
    ++clients_gone;
    // Half-closed: the last word is still ours.
    text = "end";
    co_await net::async_write(upgraded.wire.socket(), net::buffer(text), as_result);
}

ScriptedUpstream::ScriptedUpstream(Runtime& runtime, std::vector<Script> scripts)
    : acceptor_(runtime.executor(), {net::ip::address_v4::loopback(), 0}),
      scripts_(std::move(scripts)),
      tasks_(runtime.executor()) {
    tasks_.spawn("accept", serve());
}

std::string ScriptedUpstream::url() const {
    return url_of(acceptor_.local_endpoint().port());
}

awaitable<> ScriptedUpstream::serve() {
    while (true) {
        auto socket = co_await acceptor_.async_accept(use_awaitable);
        const auto& script = scripts_[std::min<std::size_t>(static_cast<std::size_t>(connections_), scripts_.size() - 1)];
        ++connections_;
        tasks_.spawn("play", play(std::move(socket), script));
    }
}

namespace {

/// False when the peer closed before a whole head had come.
awaitable<bool> read_head(TcpSocket& socket) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
        std::array<char, 4096> buffer;
        const auto [error, size] = co_await socket.async_read_some(net::buffer(buffer), as_result);
        if (error) co_return false;
        request.append(buffer.data(), size);
    }
    co_return true;
}

}  // namespace

awaitable<> ScriptedUpstream::play(TcpSocket socket, Script script) {
    for (int answers = 0; script.close_after == 0 || answers < script.close_after; ++answers) {
        const bool asked = co_await read_head(socket);
        if (!asked) co_return;
        co_await net::async_write(socket, net::buffer(script.answer), as_result);
    }
    if (script.dies_on_the_next) co_await read_head(socket);
}

}  // namespace darkroom::gateway
