// Bodies: large, slow, early and late; bounded memory throughout.
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gmock/gmock.h>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t big = 64 * 1024 * 1024;
/// Client, gateway and upstream run in this process: sockets' and pieces' buffers of all three.
constexpr double most_growth = 8.0 * 1024 * 1024;

const auto* const routes = R"(
    [[route]]
    prefix = "/images"
    upstream = "image-service"
    body_limit = 100_000_000
)";

/// GATEWAY_ROUTES names a file.
class RoutesFile {
public:
    RoutesFile() {
        const int file = ::mkstemp(path_.data());
        testing::require(file >= 0, "a temporary file");
        testing::require(::write(file, routes, std::strlen(routes)) > 0, "written");
        ::close(file);
    }
    ~RoutesFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/darkroom-routes-XXXXXX";
};

Variables wide_at(const std::string& url, const RoutesFile& file) {
    auto variables = all_at(url);
    variables["GATEWAY_ROUTES"] = file.path();
    return variables;
}

awaitable<> send_big(RawClient& client) {
    const std::string piece(256 * 1024, 'u');
    for (std::uint64_t sent = 0; sent < big; sent += piece.size()) co_await client.send(piece);
}

TEST(Streaming, ABigUploadPassesInBoundedMemory) {
    RoutesFile file;
    testing::run(
        [](Runtime& runtime, RoutesFile& routes_file) -> awaitable<> {
            StubUpstream upstream(runtime);
            Door door(runtime, wide_at(upstream.url(), routes_file));
            auto client = co_await RawClient::connect(door.port());
            const auto before = process_usage().resident_bytes;

            co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(big) +
                                 "\r\n\r\n");
            co_await send_big(client);
            const auto answer = co_await client.read_answer();

            EXPECT_EQ(answer.body, std::to_string(big));
            EXPECT_EQ(upstream.last_request.content_length, big);
            EXPECT_LT(process_usage().resident_bytes - before, most_growth);
            co_await door.stop();
        },
        file);
}

TEST(Streaming, AChunkedUploadStaysChunked) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        co_await client.send("6\r\n world\r\n0\r\n\r\n");
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.body, "11");
        EXPECT_EQ(upstream.last_request.content_length, std::nullopt);
    });
}

TEST(Streaming, ABigDownloadWaitsForASlowClientInBoundedMemory) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());
        const auto before = process_usage().resident_bytes;

        co_await client.send("GET /images/open/sized?" + std::to_string(big) +
                             " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        co_await client.read_until("\r\n\r\n");
        // The client takes nothing: what the upstream could write stops at the sockets' buffers.
        std::uint64_t seen = 1;
        const auto stands_still = [&] { return std::exchange(seen, upstream.bytes_written) == upstream.bytes_written; };
        co_await pause_for(100ms);
        EXPECT_TRUE(co_await testing::eventually(stands_still));
        EXPECT_LT(upstream.bytes_written, big / 2);

        std::uint64_t received = 0;
        std::array<char, 64 * 1024> buffer;
        while (true) {
            const auto [error, size] = co_await client.socket().async_read_some(net::buffer(buffer), as_result);
            received += size;
            if (error) break;
        }
        EXPECT_GE(received, big - 64 * 1024);
        EXPECT_EQ(upstream.bytes_written, big);
        EXPECT_LT(process_usage().resident_bytes - before, most_growth);
    });
}

TEST(Streaming, AnAnswerOfUnknownLengthIsChunked) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        const auto answer = co_await door.get("/users/open/chunked?100000");

        EXPECT_EQ(answer.headers.get("Transfer-Encoding"), "chunked");
        EXPECT_EQ(answer.body.size(), 100'000U);
    });
}

TEST(Streaming, AnEarlyRefusalReachesAClientThatIsStillSending) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /images/early HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n" +
                             std::string(1000, 'x'));
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.body, "too much");
        EXPECT_EQ(answer.headers.get("Connection"), "close");
    });
}

TEST(Streaming, AnAnswerThatBeginsBeforeTheBodyEndsRunsBesideIt) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /images/answer-first HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                             std::string(40'000, 'x'));
        const auto first = co_await client.read_until("first");
        co_await client.send(std::string(60'000, 'x'));
        const auto last = co_await client.read_until("last");

        EXPECT_THAT(first, StartsWith("HTTP/1.1 200"));
        EXPECT_EQ(upstream.body_bytes, 100'000U);
    });
}

TEST(Streaming, WhatIsLargerThanTheRouteAllowsIsRefusedBeforeItIsRead) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send(
            "POST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 413);
        EXPECT_THAT(answer.body, HasSubstr("body_too_large"));
        EXPECT_EQ(upstream.requests, 0);
    });
}

TEST(Streaming, AChunkedBodyIsCutOffAtTheRoutesLimit) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /auth/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "40000\r\n" + std::string(0x40000, 'x') + "\r\n";
        for (int i = 0; i < 5; ++i) co_await client.send(chunk);
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 413);
    });
}

TEST(Streaming, ContinueIsSaidToAClientThatWaitsForIt) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        const auto go_on = co_await client.read_until("\r\n\r\n");
        co_await client.send("hello");
        const auto answer = co_await client.read_answer();

        EXPECT_THAT(go_on, StartsWith("HTTP/1.1 100"));
        EXPECT_EQ(answer.body, "5");
        EXPECT_FALSE(upstream.last_request.headers.has("Expect"));
    });
}

TEST(Streaming, AClientThatLeavesInItsBodyLeavesNothingRunning) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        const auto asked = [&] { return upstream.requests == 1; };
        {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                                 std::string(30'000, 'x'));
            EXPECT_TRUE(co_await testing::eventually(asked));
        }

        const auto all_closed = [&] { return upstream.connections() == 0; };
        EXPECT_TRUE(co_await testing::eventually(all_closed));
        const auto next = co_await door.get("/users/open");
        EXPECT_EQ(next.status, 200);
    });
}

TEST(Streaming, AnUploadMayTakeLongerThanTheUpstreamMayBeSilent) {
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            auto client = co_await RawClient::connect(door.port());

            co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n");
            for (int i = 0; i < 8; ++i) {
                co_await client.send(std::string(5000, 'x'));
                co_await pause_for(100ms);
            }
            const auto answer = co_await client.read_answer();

            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(answer.body, "40000");
        },
        {}, {.io_deadline = 250ms});
}

TEST(Streaming, AfterTheUploadTheUpstreamsSilenceCounts) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        ScriptedUpstream upstream(runtime, {{.close_after = 0}});
        Door door(runtime, all_at(upstream.url()), {.io_deadline = 250ms});
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" +
                             std::string(40'000, 'x'));
        const auto answer = co_await client.read_answer();

        EXPECT_EQ(answer.status, 504);
        co_await door.stop();
    });
}

}  // namespace
}  // namespace darkroom::gateway
