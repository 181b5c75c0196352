// A server whose handler is a function, and a raw client that says exactly what it is told to.
#pragma once

#include "platform/async/deadline.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace darkroom::http::transport_test {

using Serve = std::function<awaitable<>(Exchange&)>;

class FunctionHandler : public Handler {
public:
    explicit FunctionHandler(Serve serve) : serve_(std::move(serve)) {}
    awaitable<> handle(Exchange& exchange) override {
        ++calls;
        co_await serve_(exchange);
    }
    int calls = 0;

private:
    Serve serve_;
};

/// Plain socket; everything it waits for has a deadline.
class RawClient {
public:
    explicit RawClient(Executor executor) : socket_(executor) {}

    awaitable<> connect(std::uint16_t port) {
        const net::ip::tcp::endpoint endpoint(net::ip::address_v4::loopback(), port);
        co_await socket_.async_connect(endpoint, use_awaitable);
    }
    awaitable<> send(std::string text) { co_await net::async_write(socket_, net::buffer(text), use_awaitable); }
    void end_sending() { socket_.shutdown(TcpSocket::shutdown_send); }
    void close() { socket_.close(); }
    TcpSocket& socket() { return socket_; }

    /// Reads until the server closes.
    awaitable<std::string> receive_all() { co_return co_await with_deadline(20s, "receive_all", read_until({})); }
    /// Reads until `mark` has arrived, and gives everything up to and with it; the rest is kept.
    awaitable<std::string> receive_until(std::string mark) {
        co_return co_await with_deadline(20s, "receive_until", read_until(std::move(mark)));
    }

private:
    awaitable<std::string> read_until(std::string mark) {
        while (mark.empty() || kept_.find(mark) == std::string::npos) {
            std::array<char, 16384> piece{};
            const auto [error, bytes] = co_await socket_.async_read_some(net::buffer(piece), as_result);
            kept_.append(piece.data(), bytes);
            if (error) break;
        }
        const auto at = mark.empty() ? std::string::npos : kept_.find(mark);
        const auto end = at == std::string::npos ? kept_.size() : at + mark.size();
        auto result = kept_.substr(0, end);
        kept_.erase(0, end);
        co_return result;
    }

    TcpSocket socket_;
    std::string kept_;
};

/// One loop with a server on a free port and the test's own coroutines.
class TransportTest : public testing::Test {
protected:
    /// Starts a server and runs `body`, then drains.
    void with_server(ServerOptions options, Serve serve, std::function<awaitable<>(TransportTest&)> body) {
        Runtime runtime;
        FunctionHandler handler(std::move(serve));
        Server server(runtime, std::move(options), handler);
        server.listen();
        runtime_ = &runtime;
        server_ = &server;
        handler_ = &handler;
        runtime.run(run_then_drain(std::move(body)));
    }

public:
    Runtime& runtime() { return *runtime_; }
    Server& server() { return *server_; }
    int calls() const { return handler_->calls; }
    std::uint16_t port() { return server_->port(); }
    Origin origin() { return {"127.0.0.1", port()}; }

    /// What the server says to `bytes` before it closes.
    awaitable<std::string> answer_to(std::string bytes) {
        RawClient client(runtime().executor());
        co_await client.connect(port());
        co_await client.send(std::move(bytes));
        co_return co_await client.receive_all();
    }

private:
    awaitable<> run_then_drain(std::function<awaitable<>(TransportTest&)> body) {
        co_await with_deadline(60s, "the test", body(*this));
        co_await server_->drain(5s);
        EXPECT_EQ(server_->connections(), 0U);
    }

    Runtime* runtime_ = nullptr;
    Server* server_ = nullptr;
    FunctionHandler* handler_ = nullptr;
};

/// Answers with what it received: "<method> <path>|<body>".
inline awaitable<> echo(Exchange& exchange) {
    auto body = co_await read_all(exchange.body(), 1 << 20);
    const auto& request = exchange.request();
    auto response = Response::text(200, "text/plain", request.method + " " + request.path + "|" + body);
    co_await exchange.respond(std::move(response));
}

inline int status_in(const std::string& answer) {
    return answer.size() > 12 && answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace darkroom::http::transport_test
