// WebSocket handshakes and what follows them.
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gmock/gmock.h>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string handshake(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) +
           " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           std::string(more) + "\r\n";
}

TEST(Tunnel, AHandshakeWithATokenPassesAndBytesFlowBothWays) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        // "early" is sent behind the handshake, before its answer.
        co_await client.send(handshake("/ws/events?token=user:u-1:user") + "early");
        const auto head = co_await client.read_until("\r\n\r\n");
        const auto first = co_await client.read_until("early");
        co_await client.send("later");
        const auto second = co_await client.read_until("later");

        EXPECT_THAT(head, StartsWith("HTTP/1.1 101"));
        EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: a"));
        EXPECT_THAT(head, HasSubstr("X-Correlation-ID: "));
        EXPECT_EQ(first, "hello early");
        EXPECT_EQ(second, "later");
        EXPECT_EQ(upstream.last_request.target, "/ws/events?token=user:u-1:user");
        EXPECT_EQ(upstream.last_request.headers.get("Upgrade"), "websocket");
    });
}

TEST(Tunnel, WithoutAGoodTokenTheHandshakeIsRefused) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        for (const auto* target : {"/ws/events", "/ws/events?token=", "/ws/events?token=forged", "/ws/notifications?token=x"}) {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send(handshake(target));
            const auto answer = co_await client.read_answer();
            EXPECT_EQ(answer.status, 401) << target;
            EXPECT_TRUE(answer.headers.has("WWW-Authenticate"));
        }

        EXPECT_EQ(upstream.requests, 0);
    });
}

TEST(Tunnel, ATokenInTheQueryOpensWebSocketsOnly) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        const auto answer = co_await door.get("/users/me?token=user:u-1:user");

        EXPECT_EQ(answer.status, 401);
    });
}

TEST(Tunnel, AnUpstreamsRefusalIsPassedOn) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send(handshake("/ws/events?token=user:u-1:user&refuse"));
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(answer.body, "not you");
    });
}

TEST(Tunnel, AnUpgradeElsewhereIsAnOrdinaryRequest) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send(handshake("/users/open"));
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 200);
        EXPECT_FALSE(upstream.last_request.headers.has("Upgrade"));
        EXPECT_FALSE(upstream.last_request.headers.has("Connection"));
    });
}

TEST(Tunnel, TheOtherDirectionGoesOnAfterOneHasEnded) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());
        co_await client.send(handshake("/ws/events?token=user:u-1:user"));
        co_await client.read_until("hello ");

        client.socket().shutdown(TcpSocket::shutdown_send);
        const auto rest = co_await client.read_to_end();

        EXPECT_EQ(rest, "end");
    });
}

TEST(Tunnel, TheUpstreamsEndIsTheClientsEnd) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());
        co_await client.send(handshake("/ws/events?token=user:u-1:user"));
        co_await client.read_until("hello ");

        co_await client.send("bye");

        EXPECT_EQ(co_await client.read_to_end(), "bye");
    });
}

TEST(Tunnel, BigTrafficIsHeldBackByASlowReader) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr std::size_t total = 16 * 1024 * 1024;
        StubUpstream upstream(runtime);
        Door door(runtime, all_at(upstream.url()));
        auto client = co_await RawClient::connect(door.port());
        co_await client.send(handshake("/ws/events?token=user:u-1:user"));
        co_await client.read_until("hello ");

        TaskGroup sender(runtime.executor());
        const auto send = [](RawClient& to) -> awaitable<> {
            const std::string piece(64 * 1024, 'w');
            for (std::size_t sent = 0; sent < total; sent += piece.size()) co_await to.send(piece);
        };
        sender.spawn("send", send(client));
        std::size_t received = 0;
        std::array<char, 16 * 1024> buffer;
        while (received < total) {
            received += co_await client.socket().async_read_some(net::buffer(buffer), use_awaitable);
        }

        EXPECT_EQ(received, total);
        EXPECT_EQ(upstream.bytes_written, total);
        EXPECT_TRUE(co_await sender.drain(5s));
        co_await door.stop();
    });
}

TEST(Tunnel, ASilentTunnelIsClosedAfterTheIdleLimit) {
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send(handshake("/ws/events?token=user:u-1:user"));
            co_await client.read_until("hello ");

            EXPECT_EQ(co_await client.read_to_end(), "");
        },
        {{"GATEWAY_TUNNEL_IDLE", "200ms"}});
}

TEST(Tunnel, AShutdownEndsTunnelsAtOnce) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());
        co_await client.send(handshake("/ws/events?token=user:u-1:user"));
        co_await client.read_until("hello ");
        const auto start = SteadyClock::now();

        co_await door.stop();

        EXPECT_LT(SteadyClock::now() - start, 500ms);
        EXPECT_EQ(co_await client.read_to_end(), "");
    });
}

}  // namespace
}  // namespace darkroom::gateway
