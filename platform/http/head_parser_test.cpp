#include "platform/http/head_parser.hpp"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

using namespace std::string_literals;

/// What a server would answer: 200, or the status of the refusal.
int status_for(const std::string& head, HeadLimits limits = {}) {
    HeadScanner scanner(limits);
    const auto size = scanner.scan(head);
    if (scanner.error()) return scanner.error()->status;
    if (!size) return 0;
    const std::string_view whole(head);
    const auto parsed = parse_request_head(whole.substr(scanner.start(), *size - scanner.start()), limits);
    return parsed ? 200 : parsed.error().status;
}

struct Case {
    std::string_view why;
    std::string head;
    int status;
};

std::vector<Case> request_lines() {
    const std::string host = "Host: h\r\n\r\n";
    return {
        {"origin form", "GET / HTTP/1.1\r\n" + host, 200},
        {"one empty line before it", "\r\nGET / HTTP/1.1\r\n" + host, 200},
        {"two empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n" + host, 400},
        {"bare LF", "GET / HTTP/1.1\nHost: h\n\n", 400},
        {"bare LF behind a header", "GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
        {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
        {"bare CR in the request line", "GET /\rx HTTP/1.1\r\n" + host, 400},
        {"bare CR in a value", "GET / HTTP/1.1\r\nX: a\rb\r\n" + host, 400},
        {"bare CR behind a value", "GET / HTTP/1.1\r\nX: a\r\r\n" + host, 400},
        {"two spaces before the target", "GET  / HTTP/1.1\r\n" + host, 400},
        {"two spaces behind the target", "GET /  HTTP/1.1\r\n" + host, 400},
        {"tab for a space", "GET\t/ HTTP/1.1\r\n" + host, 400},
        {"leading space", " GET / HTTP/1.1\r\n" + host, 400},
        {"trailing space", "GET / HTTP/1.1 \r\n" + host, 400},
        {"HTTP/0.9", "GET /\r\n" + host, 400},
        {"no version number", "GET / HTTP\r\n" + host, 400},
        {"version of three parts", "GET / HTTP/1.1.1\r\n" + host, 400},
        {"lower case protocol", "GET / http/1.1\r\n" + host, 400},
        {"another protocol", "GET / ICE/1.0\r\n" + host, 400},
        {"HTTP/1.2", "GET / HTTP/1.2\r\n" + host, 505},
        {"HTTP/2.0", "GET / HTTP/2.0\r\n" + host, 505},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"TLS", "\x16\x03\x01\x02\x00\x01", 400},
        {"unknown method", "BREW / HTTP/1.1\r\n" + host, 501},
        {"lower case method", "get / HTTP/1.1\r\n" + host, 501},
        {"method with a slash", "G/T / HTTP/1.1\r\n" + host, 400},
        {"CONNECT", "CONNECT h:80 HTTP/1.1\r\n" + host, 501},
        {"asterisk for OPTIONS", "OPTIONS * HTTP/1.1\r\n" + host, 200},
        {"asterisk for GET", "GET * HTTP/1.1\r\n" + host, 400},
        {"authority form", "GET h:80 HTTP/1.1\r\n" + host, 400},
        {"absolute form", "GET http://h/x HTTP/1.1\r\n" + host, 200},
        {"absolute form without a path", "GET http://h HTTP/1.1\r\n" + host, 200},
        {"absolute form of another host", "GET http://evil/x HTTP/1.1\r\n" + host, 400},
        {"absolute form with a user", "GET http://a@h/x HTTP/1.1\r\n" + host, 400},
        {"absolute form of another scheme", "GET https://h/x HTTP/1.1\r\n" + host, 400},
        {"fragment", "GET /#x HTTP/1.1\r\n" + host, 400},
        {"raw UTF-8 in the target", "GET /\xC3\xA9 HTTP/1.1\r\n" + host, 400},
        {"NUL in the target", "GET /\0 HTTP/1.1\r\n"s + host, 400},
        {"encoded slash", "GET /a%2fb HTTP/1.1\r\n" + host, 400},
        {"encoded dot segment", "GET /a/%2e%2e/b HTTP/1.1\r\n" + host, 400},
        {"dot segment", "GET /a/../b HTTP/1.1\r\n" + host, 400},
        {"double slash", "GET //a HTTP/1.1\r\n" + host, 400},
        {"broken escape", "GET /%zz HTTP/1.1\r\n" + host, 400},
    };
}

std::vector<Case> header_lines() {
    const std::string line = "POST / HTTP/1.1\r\n";
    const std::string start = line + "Host: h\r\n";
    return {
        {"no Host", line + "\r\n", 400},
        {"two Hosts", start + "Host: h\r\n\r\n", 400},
        {"empty Host", line + "Host:\r\n\r\n", 400},
        {"Host with a path", line + "Host: h/x\r\n\r\n", 400},
        {"Host with a user", line + "Host: a@h\r\n\r\n", 400},
        {"Host that is a list", line + "Host: a, b\r\n\r\n", 400},
        {"IPv6 Host", line + "Host: [::1]:80\r\n\r\n", 200},
        {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200},
        {"obs-fold", start + "X: a\r\n b\r\n\r\n", 400},
        {"obs-fold with a tab", start + "X: a\r\n\tb\r\n\r\n", 400},
        {"folded first header", line + " Host: h\r\n\r\n", 400},
        {"space before the colon", start + "X : a\r\n\r\n", 400},
        {"tab before the colon", start + "X\t: a\r\n\r\n", 400},
        {"space before the colon of a framing header", start + "Content-Length : 5\r\n\r\n", 400},
        {"no colon", start + "X\r\n\r\n", 400},
        {"empty name", start + ": a\r\n\r\n", 400},
        {"name with a slash", start + "X/Y: a\r\n\r\n", 400},
        {"name with raw UTF-8", start + "\xC3\xA9: a\r\n\r\n", 400},
        {"NUL in a value", start + "X: a\0b\r\n\r\n"s, 400},
        {"control character in a value",
         start + "X: a\x01"
                 "b\r\n\r\n",
         400},
        {"DEL in a value", start + "X: a\x7F\r\n\r\n", 400},
        {"empty value", start + "X:\r\nY: \r\n\r\n", 200},
        {"raw UTF-8 in a value", start + "X: \xC3\xA9\r\n\r\n", 200},
        {"unknown expectation", start + "Expect: tea\r\n\r\n", 417},
        {"two expectations", start + "Expect: 100-continue, tea\r\n\r\n", 417},
    };
}

std::vector<Case> framing() {
    const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::string old = "POST / HTTP/1.0\r\nHost: h\r\n";
    return {
        {"length", start + "Content-Length: 5\r\n\r\n", 200},
        {"length with white space around it", start + "Content-Length: \t5 \r\n\r\n", 200},
        {"length zero", start + "Content-Length: 0\r\n\r\n", 200},
        {"two lengths", start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {"two different lengths", start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {"list of equal lengths", start + "Content-Length: 2, 2\r\n\r\n", 400},
        {"empty length", start + "Content-Length:\r\n\r\n", 400},
        {"signed length", start + "Content-Length: +5\r\n\r\n", 400},
        {"negative length", start + "Content-Length: -5\r\n\r\n", 400},
        {"hexadecimal length", start + "Content-Length: 0x5\r\n\r\n", 400},
        {"length with a fraction", start + "Content-Length: 5.0\r\n\r\n", 400},
        {"length with a space inside", start + "Content-Length: 5 5\r\n\r\n", 400},
        {"length beyond 64 bits", start + "Content-Length: 18446744073709551621\r\n\r\n", 400},
        {"chunked", start + "Transfer-Encoding: chunked\r\n\r\n", 200},
        {"chunked in capitals", start + "Transfer-Encoding: Chunked\r\n\r\n", 200},
        {"chunked and length", start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
        {"length and chunked", start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"chunked twice", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"chunked twice in one", start + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
        {"gzip, chunked", start + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
        {"chunked, identity", start + "Transfer-Encoding: chunked, identity\r\n\r\n", 400},
        {"identity", start + "Transfer-Encoding: identity\r\n\r\n", 400},
        {"unknown coding", start + "Transfer-Encoding: xchunked\r\n\r\n", 400},
        {"chunked with a vertical tab",
         start + "Transfer-Encoding: \x0B"
                 "chunked\r\n\r\n",
         400},
        {"chunked with a parameter", start + "Transfer-Encoding: chunked;q=1\r\n\r\n", 400},
        {"empty coding", start + "Transfer-Encoding:\r\n\r\n", 400},
        {"chunked in HTTP/1.0", old + "Transfer-Encoding: chunked\r\n\r\n", 400},
    };
}

void expect_statuses(const std::vector<Case>& cases) {
    for (const auto& [why, head, status] : cases) EXPECT_EQ(status_for(head), status) << why;
}

TEST(HeadParser, TakesOnlyExactRequestLines) {
    expect_statuses(request_lines());
}

TEST(HeadParser, TakesOnlyExactHeaders) {
    expect_statuses(header_lines());
}

TEST(HeadParser, TakesOnlyUnambiguousFraming) {
    expect_statuses(framing());
}

TEST(HeadParser, BoundsHeadersAndTarget) {
    const HeadLimits limits{.head_bytes = 1000, .headers = 5, .target_bytes = 100};
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\n";

    EXPECT_EQ(status_for(start + "X: " + std::string(900, 'x') + "\r\n\r\n", limits), 200);
    EXPECT_EQ(status_for(start + "X: " + std::string(1000, 'x') + "\r\n\r\n", limits), 431);
    EXPECT_EQ(status_for(start + "X: " + std::string(1000, 'x'), limits), 431) << "without waiting for the end";
    EXPECT_EQ(status_for(start + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", limits), 200);
    EXPECT_EQ(status_for(start + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n", limits), 431);
    EXPECT_EQ(status_for("GET /" + std::string(99, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits), 200);
    EXPECT_EQ(status_for("GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits), 414);
    EXPECT_EQ(status_for("GET /" + std::string(300, 'x'), limits), 414) << "without waiting for the end";
}

TEST(HeadParser, FindsTheEndHoweverTheInputIsCut) {
    const std::string head = "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        HeadScanner scanner(HeadLimits{});

        EXPECT_FALSE(scanner.scan(head.substr(0, cut)).has_value()) << cut;
        EXPECT_EQ(scanner.scan(head + "hello"), head.size()) << cut;
        EXPECT_FALSE(scanner.error()) << cut;
    }
}

TEST(HeadParser, SaysWhatTheRequestIs) {
    const auto parsed = parse_request_head(
        "PUT /a%20b/c?x=1&y HTTP/1.1\r\nHost: h\r\nX-Many: 1\r\nx-many: 2\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n"
        "Connection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n",
        HeadLimits{});

    ASSERT_TRUE(parsed);
    const auto& head = parsed->head;
    EXPECT_EQ(head.method, "PUT");
    EXPECT_EQ(head.path, "/a b/c");
    EXPECT_EQ(head.query, "x=1&y");
    EXPECT_EQ(head.target, "/a%20b/c?x=1&y");
    EXPECT_EQ(head.headers.count("X-MANY"), 2U);
    EXPECT_EQ(head.headers.get("X-Many"), "1");
    EXPECT_EQ(head.content_length, 7U);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_TRUE(head.upgrade);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(parsed->framing, Framing::sized);
}

boost::system::result<ParsedResponse, ProtocolError> response_of(std::string_view head, bool to_head = false) {
    return parse_response_head(head, HeadLimits{}, to_head);
}

TEST(HeadParser, TakesOnlyUnambiguousResponses) {
    const std::string start = "HTTP/1.1 200 OK\r\n";
    EXPECT_TRUE(response_of("HTTP/1.1 200\r\n\r\n"));
    EXPECT_TRUE(response_of("HTTP/1.1 200 \r\n\r\n"));
    EXPECT_FALSE(response_of("HTTP/1.1 20 OK\r\n\r\n"));
    EXPECT_FALSE(response_of("HTTP/1.1 2000 OK\r\n\r\n"));
    EXPECT_FALSE(response_of("HTTP/2.0 200 OK\r\n\r\n"));
    EXPECT_FALSE(response_of("ICY 200 OK\r\n\r\n"));
    EXPECT_FALSE(response_of(start + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"));
    EXPECT_FALSE(response_of(start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"));
    EXPECT_FALSE(response_of(start + "Transfer-Encoding: gzip, chunked\r\n\r\n"));
}

TEST(HeadParser, KnowsWhichResponsesHaveABody) {
    const std::string start = "HTTP/1.1 200 OK\r\n";
    EXPECT_EQ(response_of(start + "\r\n")->framing, Framing::until_close);
    EXPECT_FALSE(response_of(start + "\r\n")->keep_alive);
    EXPECT_EQ(response_of(start + "Content-Length: 0\r\n\r\n")->framing, Framing::none);
    EXPECT_TRUE(response_of(start + "Content-Length: 0\r\n\r\n")->keep_alive);
    EXPECT_EQ(response_of(start + "Content-Length: 9\r\n\r\n")->framing, Framing::sized);
    EXPECT_EQ(response_of(start + "Content-Length: 9\r\n\r\n", true)->framing, Framing::none);
    EXPECT_EQ(response_of(start + "Transfer-Encoding: chunked\r\n\r\n")->framing, Framing::chunked);
    EXPECT_EQ(response_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")->framing, Framing::none);
    EXPECT_EQ(response_of("HTTP/1.1 204 No Content\r\n\r\n")->framing, Framing::none);
}

}  // namespace
}  // namespace darkroom::http
