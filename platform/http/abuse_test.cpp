// What strangers send to an open port, byte for byte.
#include "platform/http/transport_test_support.hpp"

#include <gmock/gmock.h>

namespace darkroom::http::transport_test {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpAbuse : public TransportTest {};

const ServerOptions small_server{
    .max_header_bytes = 2048, .max_header_count = 10, .max_target_bytes = 512, .max_body_bytes = 100};

struct Abuse {
    std::string_view why;
    std::string bytes;
    int status;
};

/// Each is followed by a second request that must never be served.
std::vector<Abuse> refused_heads() {
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
    const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
    return {
        {"length twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400},
        {"length list", post + "Content-Length: 2, 2\r\n\r\nab", 400},
        {"length and chunked", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        {"identity", post + "Transfer-Encoding: identity\r\n\r\n", 400},
        {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"bare LF", "GET / HTTP/1.1\nHost: h\n\n", 400},
        {"bare CR", get + "X: a\rb\r\n\r\n", 400},
        {"obs-fold", get + "X: a\r\n b\r\n\r\n", 400},
        {"space before colon", get + "X : a\r\n\r\n", 400},
        {"duplicate Host", get + "Host: h\r\n\r\n", 400},
        {"missing Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"NUL in a value", get + "X: a\0b\r\n\r\n"s, 400},
        {"encoded dot segments", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"authority form", "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"version", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
        {"method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"expectation", post + "Expect: tea\r\nContent-Length: 2\r\n\r\n", 417},
        {"TLS", "\x16\x03\x01\x00\xee\x01\x00\x00\xea\x03\x03"s, 400},
        {"large header", get + "X: " + std::string(4000, 'x') + "\r\n\r\n", 431},
        {"many headers", get + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nG: 7\r\nH: 8\r\nI: 9\r\nJ: 10\r\n\r\n", 431},
        {"long target", "GET /" + std::string(1000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
    };
}

/// The bodies are read by the handler; what it then throws is a problem of its kind.
std::vector<Abuse> refused_bodies() {
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {
        {"length over the limit", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", 413},
        {"huge length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999999\r\n\r\n", 413},
        {"chunks over the limit", chunked + "65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n", 413},
        {"chunk size with a sign", chunked + "+1\r\na\r\n0\r\n\r\n", 400},
        {"chunk size without digits", chunked + "\r\na\r\n0\r\n\r\n", 400},
        {"chunk size overflow", chunked + "fffffffffffffffff\r\na\r\n0\r\n\r\n", 400},
        {"chunk with bare LF", chunked + "1\na\n0\n\n", 400},
        {"chunk longer than said", chunked + "1\r\nab\r\n0\r\n\r\n", 400},
        {"endless extension", chunked + "1;" + std::string(10'000, 'x') + "\r\na\r\n0\r\n\r\n", 400},
        {"folded trailer", chunked + "0\r\nA: b\r\n c\r\n\r\n", 400},
    };
}

awaitable<> read_body(Exchange& exchange) {
    while (true) {
        const auto piece = co_await exchange.body().read();
        if (!piece) break;
    }
    auto response = Response::text(200, "text/plain", "ok");
    co_await exchange.respond(std::move(response));
}

awaitable<> expect_refusals(TransportTest& test, std::vector<Abuse> cases, int calls) {
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    for (const auto& [why, bytes, status] : cases) {
        const auto answer = co_await test.answer_to(bytes + smuggled);

        EXPECT_EQ(status_in(answer), status) << why << "\n" << answer;
        EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n")) << why;
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << why;
        EXPECT_EQ(answer.find("HTTP/1.1 2"), std::string::npos) << why << ": nothing else is served";
    }
    EXPECT_EQ(test.calls(), calls);
    const auto fine = co_await test.answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_in(fine), 200) << "the server is as well as before";
}

TEST_F(HttpAbuse, MalformedHeadsAreRefusedAndTheConnectionClosed) {
    const auto body = [](TransportTest& test) { return expect_refusals(test, refused_heads(), 0); };
    with_server(small_server, echo, body);
}

TEST_F(HttpAbuse, MalformedAndLargeBodiesAreRefusedAndTheConnectionClosed) {
    const auto body = [](TransportTest& test) {
        const auto cases = refused_bodies();
        return expect_refusals(test, cases, static_cast<int>(cases.size()));
    };
    with_server(small_server, read_body, body);
}

awaitable<> early_refusal(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
    const auto answer = co_await client.receive_all();

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 ")) << "before the body is read, and without asking for it";
}

TEST_F(HttpAbuse, ATooLargeBodyIsRefusedBeforeItIsSent) {
    with_server(small_server, read_body, early_refusal);
}

awaitable<> hang_up_everywhere(TransportTest& test) {
    const std::string request = "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
        RawClient client(test.runtime().executor());
        co_await client.connect(test.port());
        co_await client.send(request.substr(0, cut));
        if (cut % 2 == 0) client.end_sending();
        if (cut % 2 == 0) co_await client.receive_all();
    }
    const auto fine = co_await test.answer_to(request + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_in(fine), 200);
}

TEST_F(HttpAbuse, ClientsMayHangUpAnywhere) {
    with_server({}, echo, hang_up_everywhere);
}

}  // namespace
}  // namespace darkroom::http::transport_test
