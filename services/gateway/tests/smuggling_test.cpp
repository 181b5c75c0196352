// Requests that two parsers could understand differently must not get past the gateway; nothing of them reaches an upstream.
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

struct Attack {
    const char* name;
    const char* request;
};

const std::vector<Attack> attacks{
    {"length and chunked",
     "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"two lengths", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
    {"a list of lengths", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd"},
    {"a signed length", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd"},
    {"a hexadecimal length", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd"},
    {"identity", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"},
    {"two codings", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {"chunked twice",
     "POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"a vertical tab",
     "POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n0\r\n\r\n"},
    {"a space before the colon", "POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
    {"a folded header", "GET /users/open HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"},
    {"two hosts", "GET /users/open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"no host", "GET /users/open HTTP/1.1\r\n\r\n"},
    {"bare line feeds", "GET /users/open HTTP/1.1\nHost: a\n\n"},
    {"a bare carriage return", "GET /users/open HTTP/1.1\r\nHost: a\r\nX-A: b\rGET /x HTTP/1.1\r\n\r\n"},
    {"chunked in 1.0", "POST /auth/upload HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"an encoded slash out", "GET /users/..%2finternal HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"dot segments", "GET /users/../internal/users HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"encoded dot segments", "GET /users/%2e%2e/internal/users HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"doubled slashes", "GET //internal/users HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a backslash", "GET /users\\..\\internal HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a NUL", "GET /users/%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
};

TEST(Smuggling, AmbiguousRequestsAre400AndEndTheConnection) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        for (const auto& attack : attacks) {
            auto client = co_await RawClient::connect(door.port());
            // What a confused parser would take for the next request.
            co_await client.send(std::string(attack.request) + "GET /users/open HTTP/1.1\r\nHost: a\r\n\r\n");
            const auto text = co_await client.read_to_end();
            EXPECT_EQ(parse_answer(text).status, 400) << attack.name;
            EXPECT_EQ(text.find("HTTP/1.1", 8), std::string::npos) << attack.name;
        }

        EXPECT_EQ(upstream.requests, 0);
    });
}

TEST(Smuggling, ABrokenChunkEndsBothConnections) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        for (const auto* body :
             {"5\r\nhelloX", "g\r\n", "-1\r\n", "5;\r\nhello\r\n0\r\nContent-Length: 5\r\nHost: b\r\n\r", "0x5\r\n"}) {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                 std::string(body) + "GET /users/open HTTP/1.1\r\nHost: a\r\n\r\n");
            client.socket().shutdown(TcpSocket::shutdown_send);
            const auto text = co_await client.read_to_end();
            EXPECT_EQ(parse_answer(text).status, 400) << body;
            EXPECT_EQ(text.find("HTTP/1.1", 8), std::string::npos) << body;
        }

        const auto all_closed = [&] { return upstream.connections() == 0; };
        EXPECT_TRUE(co_await testing::eventually(all_closed));
    });
}

}  // namespace
}  // namespace darkroom::gateway
