// Malformed HTTP on bare sockets, at all six ports: refused once, and the connection is closed.
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace darkroom::system_test {
namespace {

struct Abuse {
    std::string what;
    std::string bytes;
    std::string status = "400";
};

std::size_t answers_in(const std::string& received) {
    static const std::regex status_line("HTTP/1\\.1 \\d{3} ");
    return static_cast<std::size_t>(std::distance(std::sregex_iterator(received.begin(), received.end(), status_line), {}));
}

std::string many_headers(int count) {
    std::string text = "GET /health HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < count; ++i) text += "X-" + std::to_string(i) + ": 1\r\n";
    return text + "\r\n";
}

/// Behind each of them stands a request that must not be answered: smuggled, if it were.
const std::string smuggled = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<Abuse> abuses() {
    const std::string post = "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    return {
        {"no HTTP at all", "\x16\x03\x01 hello\r\n\r\n"},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        {"no version", "GET /health\r\n\r\n"},
        {"missing Host", "GET /health HTTP/1.1\r\n\r\n"},
        {"duplicate Host", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"bare LF", "GET /health HTTP/1.1\nHost: a\n\n"},
        {"bare CR in a value", "GET /health HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},
        {"NUL in a value", std::string("GET /health HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 45)},
        {"obs-fold", "GET /health HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
        {"space before the colon", "GET /health HTTP/1.1\r\nHost : a\r\n\r\n"},
        {"header without colon", "GET /health HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"},
        {"length and chunked", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
        {"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"},
        {"the same length twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
        {"a list of lengths", post + "Content-Length: 2, 2\r\n\r\n{}"},
        {"negative length", post + "Content-Length: -1\r\n\r\n"},
        {"signed length", post + "Content-Length: +2\r\n\r\n{}"},
        {"endless length", post + "Content-Length: 99999999999999999999999\r\n\r\n"},
        {"unknown coding", post + "Transfer-Encoding: gzip\r\n\r\n" + smuggled},
        {"identity coding", post + "Transfer-Encoding: identity\r\n\r\n" + smuggled},
        {"chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + smuggled},
        {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
        {"chunked in HTTP/1.0",
         "POST /auth/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
        {"broken path escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"NUL in the path", "GET /health%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"climbing path", "GET /images/%2e%2e/health HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"space in the target", "GET /he alth HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"large header", "GET /health HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", "431"},
        {"many headers", many_headers(500), "431"},
    };
}

TEST(HttpAbuse, MalformedRequestsAreRefusedOnceAndTheConnectionCloses) {
    const auto& system = System::instance();

    for (const auto service : services) {
        for (const auto& [what, bytes, status] : abuses()) {
            const auto answer = send_raw(system.port(service), bytes);
            EXPECT_EQ(answer.status(), status) << what << " at " << name_of(service) << ": " << answer.received.substr(0, 300);
            EXPECT_TRUE(answer.closed) << what << " at " << name_of(service);
            EXPECT_EQ(answers_in(answer.received), 1U) << what << " at " << name_of(service);
        }
        EXPECT_EQ(HttpClient(system.port(service)).get("/health").status, 200) << name_of(service);
    }
}

TEST(HttpAbuse, ABadChunkEndsTheRequest) {
    const auto& system = System::instance();
    const std::string head =
        "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    for (const auto port : {system.port(Part::gateway), system.port(Part::auth)}) {
        for (const auto* chunk :
             {"zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\r\n{}X\r\n0\r\n\r\n", "fffffffffffffffff\r\n{}"}) {
            const auto answer = send_raw(port, head + chunk + smuggled);
            EXPECT_EQ(answer.status(), "400") << chunk << answer.received;
            EXPECT_TRUE(answer.closed) << chunk;
            EXPECT_EQ(answers_in(answer.received), 1U) << chunk;
        }
    }
}

TEST(HttpAbuse, ABodyOverTheLimitIsRefusedBeforeItIsRead) {
    const auto& system = System::instance();
    auto person = Person::join(system, "large");

    for (const auto port : {system.port(Part::gateway), system.port(Part::auth)}) {
        const auto answer = send_raw(port,
                                     "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                     "Content-Length: 90000000\r\n\r\n{");
        EXPECT_EQ(answer.status(), "413") << answer.received;
        EXPECT_TRUE(answer.closed);
    }
    const auto upload = send_raw(system.port(Part::gateway),
                                 "POST /images/upload HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + person.http().token() +
                                     "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000000\r\n\r\n");
    EXPECT_EQ(upload.status(), "413") << upload.received;
    EXPECT_TRUE(upload.closed);
}

TEST(HttpAbuse, PipelinedRequestsAreAnsweredInOrder) {
    const auto& system = System::instance();

    for (const auto service : services) {
        const auto answer =
            send_raw(system.port(service),
                     "GET /health/live HTTP/1.1\r\nHost: a\r\nX-Correlation-ID: first\r\n\r\n"
                     "GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Correlation-ID: second\r\n\r\n"
                     "GET /health/live HTTP/1.1\r\nHost: a\r\nX-Correlation-ID: third\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(answer.closed);
        EXPECT_EQ(answers_in(answer.received), 3U) << name_of(service) << answer.received;
        EXPECT_LT(answer.received.find("first"), answer.received.find("second"));
        EXPECT_LT(answer.received.find("second"), answer.received.find("third"));
    }
}

TEST(HttpAbuse, AClientThatAsksFirstIsToldToContinue) {
    const auto& system = System::instance();

    for (const auto port : {system.port(Part::gateway), system.port(Part::auth)}) {
        const auto answer =
            send_raw(port,
                     "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                     "Expect: 100-continue\r\nConnection: close\r\n\r\n{}");
        EXPECT_NE(answer.received.find("422"), std::string::npos) << answer.received;
        const auto refused = send_raw(port,
                                      "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                                      "Connection: close\r\n\r\n");
        EXPECT_EQ(refused.status(), "404") << "a body nobody wants is not asked for";
    }
}

}  // namespace
}  // namespace darkroom::system_test
