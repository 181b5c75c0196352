#include "platform/http/transport_test_support.hpp"

#include <gmock/gmock.h>

namespace darkroom::http::transport_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpServer : public TransportTest {};

awaitable<> simple_get(TransportTest& test) {
    const auto answer = co_await test.answer_to("GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

    EXPECT_EQ(status_in(answer), 200);
    EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("Date: "));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a b|"));
}

TEST_F(HttpServer, AnswersAndClosesWhenAsked) {
    with_server({}, echo, simple_get);
}

awaitable<> keep_alive(TransportTest& test) {
    Client client(test.runtime());
    for (int i = 0; i < 3; ++i) {
        ClientRequest request{.verb = Verb::post, .target = "/echo", .body = std::string(100'000, 'x')};
        const auto response = co_await client.send(test.origin(), std::move(request));
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body.size(), 100'000 + std::string("POST /echo|").size());
    }
    EXPECT_EQ(test.server().connections(), 1U);
    EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpServer, ServesManyRequestsOnOneConnection) {
    with_server({}, echo, keep_alive);
}

awaitable<> pipelined(TransportTest& test) {
    const auto answer = co_await test.answer_to(
        "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nd\r\n2;ext=1\r\nef\r\n0\r\nTrailer: no\r\n\r\n"
        "HEAD /3 HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");

    const auto first = answer.find("POST /1|abc");
    const auto second = answer.find("POST /2|def");
    const auto last = answer.find("GET /4|");
    EXPECT_LT(first, second);
    EXPECT_LT(second, last);
    EXPECT_NE(last, std::string::npos);
    EXPECT_THAT(answer, Not(HasSubstr("HEAD /3|")));
    EXPECT_THAT(answer, Not(HasSubstr("never")));
    EXPECT_EQ(test.calls(), 4);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
    with_server({}, echo, pipelined);
}

awaitable<> expect_continue(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(
        "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    const auto interim = co_await client.receive_until("\r\n\r\n");
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");

    co_await client.send("hello");
    const auto answer = co_await client.receive_all();

    EXPECT_THAT(answer, EndsWith("PUT /x|hello"));
}

TEST_F(HttpServer, Sends100ContinueWhenTheBodyIsFirstRead) {
    with_server({}, echo, expect_continue);
}

awaitable<> refuse_unread(Exchange& exchange) {
    auto response = Response::text(403, "text/plain", "no");
    co_await exchange.respond(std::move(response));
}

awaitable<> no_continue(TransportTest& test) {
    const auto answer =
        co_await test.answer_to("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

    EXPECT_EQ(status_in(answer), 403);
    EXPECT_THAT(answer, Not(HasSubstr("100 Continue")));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpServer, SendsNo100ContinueWhenTheBodyIsNotRead) {
    with_server({}, refuse_unread, no_continue);
}

awaitable<> drained(TransportTest& test) {
    const auto answer = co_await test.answer_to("PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" +
                                                std::string("GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));

    EXPECT_EQ(status_in(answer), 403);
    EXPECT_EQ(test.calls(), 2);
}

TEST_F(HttpServer, ReadsAnUnreadBodyAwayBeforeTheNextRequest) {
    with_server({}, refuse_unread, drained);
}

awaitable<> undrained(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send("PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'));
    client.end_sending();
    const auto answer = co_await client.receive_all();

    EXPECT_EQ(status_in(answer), 403);
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpServer, ClosesInsteadOfReadingALargeBodyAway) {
    with_server({}, refuse_unread, undrained);
}

awaitable<> old_version(TransportTest& test) {
    const auto plain = co_await test.answer_to("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(status_in(plain), 200);
    EXPECT_THAT(plain, HasSubstr("Connection: close"));

    const auto kept = co_await test.answer_to(
        "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        "GET /2 HTTP/1.0\r\n\r\n");
    EXPECT_THAT(kept, HasSubstr("Connection: keep-alive"));
    EXPECT_THAT(kept, EndsWith("GET /2|"));
}

TEST_F(HttpServer, ServesHttp10) {
    with_server({}, echo, old_version);
}

awaitable<> stream(Exchange& exchange) {
    ResponseHead head;
    head.headers.add("Content-Type", "text/plain");
    co_await exchange.start(std::move(head), std::nullopt);
    co_await exchange.write("one,");
    co_await exchange.write("");
    co_await exchange.write("two");
    co_await exchange.finish();
}

awaitable<> streamed(TransportTest& test) {
    const auto modern = co_await test.answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(modern, HasSubstr("Transfer-Encoding: chunked"));
    EXPECT_THAT(modern, EndsWith("\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n"));

    const auto old = co_await test.answer_to("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(old, Not(HasSubstr("chunked")));
    EXPECT_THAT(old, EndsWith("\r\n\r\none,two"));

    const auto head = co_await test.answer_to("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked"));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));

    Client client(test.runtime());
    ClientRequest request;
    const auto response = co_await client.send(test.origin(), std::move(request));
    EXPECT_EQ(response.body, "one,two");
    EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpServer, StreamsChunkedOrUntilClose) {
    with_server({}, stream, streamed);
}

awaitable<> throw_something(Exchange& exchange) {
    if (exchange.request().path == "/late") {
        co_await exchange.start(ResponseHead{}, std::nullopt);
        co_await exchange.write("half");
    }
    throw std::runtime_error("secret cause");
}

awaitable<> thrown(TransportTest& test) {
    const auto early = co_await test.answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_in(early), 500);
    EXPECT_THAT(early, HasSubstr("application/problem+json"));
    EXPECT_THAT(early, Not(HasSubstr("secret")));

    const auto late = co_await test.answer_to("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(late, EndsWith("half\r\n")) << "no final chunk: the client must see that the answer is cut off";
}

TEST_F(HttpServer, AnswersAThrowingHandlerWith500OrCutsTheAnswerOff) {
    with_server({}, throw_something, thrown);
}

awaitable<> full(TransportTest& test) {
    RawClient first(test.runtime().executor());
    co_await first.connect(test.port());
    co_await first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await first.receive_until("GET /1|");

    RawClient second(test.runtime().executor());
    co_await second.connect(test.port());
    const auto answer = co_await second.receive_all();

    EXPECT_EQ(status_in(answer), 503);
}

TEST_F(HttpServer, TurnsConnectionsAwayOverItsBound) {
    with_server({.max_connections = 1}, echo, full);
}

awaitable<> idle_close(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    const auto nothing = co_await client.receive_all();
    EXPECT_EQ(nothing, "");
}

TEST_F(HttpServer, ClosesIdleConnectionsSilently) {
    with_server({.idle_deadline = 20ms}, echo, idle_close);
}

awaitable<> slow_header(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send("GET / HTTP/1.1\r\nHo");
    const auto answer = co_await client.receive_all();
    EXPECT_EQ(status_in(answer), 408);
}

TEST_F(HttpServer, GivesASlowHeadUp) {
    with_server({.header_deadline = 20ms}, echo, slow_header);
}

awaitable<> slow_body(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    const auto answer = co_await client.receive_all();
    EXPECT_EQ(status_in(answer), 408);
}

TEST_F(HttpServer, GivesASilentBodyUp) {
    with_server({.io_deadline = 20ms}, echo, slow_body);
}

TEST_F(HttpServer, GivesATricklingBodyUp) {
    with_server({.min_body_bytes_per_second = 1'000'000'000, .body_rate_grace = 0ms}, echo, slow_body);
}

}  // namespace
}  // namespace darkroom::http::transport_test
