// The gateway with a certificate: everything holds under TLS that holds without.
#include "platform/testing/test_run.hpp"
#include "platform/testing/tls_files.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <fstream>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TlsFiles;

Variables with_tls(const TlsFiles& files) {
    return {{"TLS_CERTIFICATE_FILE", files.certificate()}, {"TLS_KEY_FILE", files.key()}};
}

awaitable<bool> accepts(std::uint16_t port, int version) {
    try {
        co_await RawClient::connect_by_tls(port, version);
        co_return true;
    } catch (const std::runtime_error&) {  // no handshake
    }
    co_return false;
}

void write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc) << text;
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Tls, RequestsPassAndUpstreamsLearnOfIt) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
                auto client = co_await RawClient::connect_by_tls(door.port(), version);

                // Two on one connection, and pipelined at that.
                const std::string request = "GET /users/open HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n";
                co_await client.send(request + request);
                const auto first = co_await client.read_answer();
                const auto second = co_await client.read_answer();

                EXPECT_EQ(first.status, 200);
                EXPECT_EQ(second.status, 200);
                EXPECT_EQ(upstream.last_request.headers.get("X-Forwarded-Proto"), "https");
            }
        },
        with_tls(files));
}

TEST(Tls, OldVersionsAreRefused) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            EXPECT_TRUE(co_await accepts(door.port(), TLS1_3_VERSION));
            EXPECT_TRUE(co_await accepts(door.port(), TLS1_2_VERSION));
            EXPECT_FALSE(co_await accepts(door.port(), TLS1_1_VERSION));
        },
        with_tls(files));
}

TEST(Tls, ThePortAnswersThisMachineWithoutIt) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto answer = co_await door.get("/users/open");

            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(upstream.last_request.headers.get("X-Forwarded-Proto"), "http");
        },
        with_tls(files));
}

TEST(Tls, BigBodiesPassBothWays) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            constexpr std::size_t size = 4 * 1024 * 1024;
            auto client = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);

            co_await client.send("POST /images/upload HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                                 "\r\n\r\n");
            co_await client.send(std::string(size, 'u'));
            const auto uploaded = co_await client.read_answer();
            co_await client.send("GET /images/open/sized?" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            const auto downloaded = co_await client.read_answer();

            EXPECT_EQ(uploaded.body, std::to_string(size));
            EXPECT_EQ(upstream.body_bytes, size);
            EXPECT_EQ(downloaded.body.size(), size);
        },
        with_tls(files));
}

TEST(Tls, TunnelsPassBytesBothWaysToTheEnd) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            auto client = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);

            co_await client.send(
                "GET /ws/events?token=user:u-1:user HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly");
            const auto head = co_await client.read_until("\r\n\r\n");
            const auto first = co_await client.read_until("early");
            // More than any buffer in between.
            const std::string piece(256 * 1024, 'w');
            co_await client.send(piece + "!");
            const auto echoed = co_await client.read_until("!");
            co_await client.send("bye");
            const auto rest = co_await client.read_to_end();

            EXPECT_THAT(head, StartsWith("HTTP/1.1 101"));
            EXPECT_EQ(first, "hello early");
            EXPECT_EQ(echoed.size(), piece.size() + 1);
            EXPECT_EQ(rest, "bye");
        },
        with_tls(files));
}

TEST(Tls, AClientThatLeavesEndsItsUpstreamsWork) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            {
                auto client = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);
                co_await client.send("GET /users/open/hang HTTP/1.1\r\nHost: a\r\n\r\n");
                const auto asked = [&] { return upstream.requests == 1; };
                EXPECT_TRUE(co_await testing::eventually(asked));
            }

            const auto gone = [&] { return upstream.clients_gone == 1; };
            EXPECT_TRUE(co_await testing::eventually(gone));
        },
        with_tls(files));
}

TEST(Tls, BrokenHandshakesHarmNobody) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            auto broken = co_await RawClient::connect(door.port());
            co_await broken.send("\x16\x03\x01 this is no ClientHello, whatever it began with");
            const auto answer = co_await broken.read_to_end();
            auto silent = co_await RawClient::connect(door.port());
            co_await silent.send("\x16");

            EXPECT_THAT(answer, ::testing::Not(HasSubstr("HTTP")));
            EXPECT_TRUE(co_await accepts(door.port(), TLS1_3_VERSION));
        },
        with_tls(files));
}

// Browsers open connections ahead; without an end to them every restart would take as long as it may.
TEST(Tls, WhoHasSaidNothingYetHoldsUpNoShutdown) {
    const TlsFiles files;
    with_door(
        [](Door& door, StubUpstream&) -> awaitable<> {
            constexpr Milliseconds past_any_test = std::chrono::hours{1};
            auto silent = co_await RawClient::connect(door.port());
            auto halfway = co_await RawClient::connect(door.port());
            co_await halfway.send("\x16");
            EXPECT_TRUE(co_await accepts(door.port(), TLS1_3_VERSION)) << "accepted after them";

            co_await door.stop(past_any_test);

            EXPECT_EQ(co_await silent.read_to_end(), "");
            EXPECT_EQ(co_await halfway.read_to_end(), "");
        },
        with_tls(files));
}

TEST(Tls, ARenewedCertificateIsTakenUpAndABrokenOneIsNot) {
    TlsFiles files;
    testing::run(
        [](Runtime& runtime, TlsFiles& renewed) -> awaitable<> {
            StubUpstream upstream(runtime);
            auto variables = all_at(upstream.url());
            variables.merge(with_tls(renewed));
            Door door(runtime, variables);
            auto old = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);

            renewed.renew();
            door.certificate().renew_if_changed();
            auto fresh = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);
            write(renewed.key(), "no key");
            door.certificate().renew_if_changed();
            auto later = co_await RawClient::connect_by_tls(door.port(), TLS1_3_VERSION);
            co_await old.send("GET /users/open HTTP/1.1\r\nHost: a\r\n\r\n");
            const auto answer = co_await old.read_answer();

            EXPECT_NE(fresh.certificate(), old.certificate());
            EXPECT_EQ(later.certificate(), fresh.certificate());
            EXPECT_EQ(answer.status, 200);
            co_await door.stop();
            co_await upstream.stop();
        },
        files);
}

TEST(Tls, FilesThatCannotBeUsedAreNamedAtTheStart) {
    const TlsFiles files;
    const TlsFiles others;
    const auto problem_with = [](Variables variables) -> std::string {
        Environment environment([&variables](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        });
        static_cast<void>(Config::load(environment));
        try {
            environment.finish();
        } catch (const ConfigurationError& error) {
            return error.what();
        }
        return "none";
    };

    EXPECT_EQ(problem_with(with_tls(files)), "none");
    EXPECT_THAT(problem_with({{"TLS_CERTIFICATE_FILE", files.certificate()}}), HasSubstr("TLS_KEY_FILE"));
    EXPECT_THAT(problem_with({{"TLS_CERTIFICATE_FILE", files.certificate()}, {"TLS_KEY_FILE", others.key()}}),
                HasSubstr("is not the key of the certificate"));
    EXPECT_THAT(problem_with({{"TLS_CERTIFICATE_FILE", "/nowhere.pem"}, {"TLS_KEY_FILE", files.key()}}),
                HasSubstr("/nowhere.pem"));
    write(files.key(), content_of(files.certificate()));
    EXPECT_THAT(problem_with(with_tls(files)), HasSubstr("key.pem"));
}

}  // namespace
}  // namespace darkroom::gateway
