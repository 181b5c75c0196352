// What passes through the proxy, on real sockets.
#include "platform/json/described.hpp"
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gmock/gmock.h>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

json::Object document_of(const http::ClientResponse& response) {
    return json::parse(response.body).value().as_object();
}

TEST(Proxy, RequestAndAnswerPassWithoutHopByHopHeaders) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        const auto answer = co_await door.get("/users/me/x%20y?a=1&b=%2F", {{"Authorization", "Bearer user:u-1:user"},
                                                                            {"X-User-Id", "admin-001"},
                                                                            {"X-Forwarded-For", "9.9.9.9"},
                                                                            {"X-Correlation-ID", "c-1"}});

        EXPECT_EQ(answer.status, 200);
        const auto seen = document_of(answer);
        EXPECT_EQ(seen.at("target"), "/users/me/x%20y?a=1&b=%2F");
        const auto& headers = seen.at("headers").as_object();
        EXPECT_EQ(headers.at("Authorization"), "Bearer user:u-1:user");
        EXPECT_EQ(headers.at("X-Forwarded-For"), "127.0.0.1");
        EXPECT_EQ(headers.at("X-Forwarded-Proto"), "http");
        EXPECT_EQ(headers.at("X-Correlation-ID"), "c-1");
        EXPECT_FALSE(headers.contains("X-User-Id"));
        EXPECT_TRUE(headers.contains("traceparent"));
        EXPECT_EQ(answer.headers.get("X-Correlation-ID"), "c-1");
        EXPECT_EQ(answer.headers.get("X-End"), "2");
    });
}

TEST(Proxy, AnUpstreamsHopByHopHeadersStayWithIt) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        ScriptedUpstream upstream(runtime, {{.answer = "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n"
                                                       "Keep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok"}});
        Door door(runtime, all_at(upstream.url()));

        const auto answer = co_await door.get("/users/open");

        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("X-End"), "2");
        EXPECT_FALSE(answer.headers.has("X-Hop"));
        EXPECT_FALSE(answer.headers.has("Keep-Alive"));
        co_await door.stop();
    });
}

TEST(Proxy, HeadHasTheLengthAndNoBody) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        http::ClientRequest request{.verb = http::Verb::head, .target = "/users/open/sized?5000"};
        const auto answer = co_await door.ask(request);

        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("Content-Length"), "5000");
        EXPECT_EQ(answer.body, "");
    });
}

TEST(Proxy, SmallBodiesPass) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        http::ClientRequest request{.verb = http::Verb::post, .target = "/auth/upload", .body = "{\"a\":1}"};
        const auto answer = co_await door.ask(request);

        EXPECT_EQ(answer.body, "7");
        EXPECT_EQ(upstream.last_request.content_length, 7U);
    });
}

TEST(Proxy, AnUpstreamThatIsAwayIs503WithRetryAfter) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Door door(runtime, all_at("http://127.0.0.1:1"));

        const auto answer = co_await door.get("/users/open");

        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.headers.get("Retry-After"), "1");
        EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
        EXPECT_EQ(document_of(answer).at("code"), "upstream_unavailable");
        EXPECT_THAT(answer.body, Not(HasSubstr("127.0.0.1")));
        co_await door.stop();
    });
}

TEST(Proxy, AnUpstreamThatClosesOrTalksNonsenseIs502) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        for (const auto* nonsense :
             {"", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}) {
            ScriptedUpstream upstream(runtime, {{.answer = nonsense}});
            Door door(runtime, all_at(upstream.url()));

            const auto answer = co_await door.get("/users/open");

            EXPECT_EQ(answer.status, 502) << nonsense;
            EXPECT_EQ(document_of(answer).at("code"), "upstream_failed");
            co_await door.stop();
        }
    });
}

TEST(Proxy, AnUpstreamThatStaysSilentIs504) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        ScriptedUpstream upstream(runtime, {{.close_after = 0}});
        Door door(runtime, all_at(upstream.url()), {.io_deadline = 200ms});

        const auto answer = co_await door.get("/users/open");

        EXPECT_EQ(answer.status, 504);
        EXPECT_EQ(document_of(answer).at("code"), "upstream_timeout");
        co_await door.stop();
    });
}

TEST(Proxy, AnAnswerCutOffByTheUpstreamIsCutOffForTheClient) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("GET /users/open/broken HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto answer = parse_answer(co_await client.read_to_end());

        // Neither completed nor followed by a second answer: the client can tell.
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("Content-Length"), "1000");
        EXPECT_EQ(answer.body, "only this");
    });
}

TEST(Proxy, AConnectionThatDiedWhileIdleIsRepeatedForIdempotentRequestsOnly) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        ScriptedUpstream upstream(runtime, {{.answer = answer, .dies_on_the_next = true}});
        Door door(runtime, all_at(upstream.url()));
        http::ClientRequest post{.verb = http::Verb::post, .target = "/auth/login", .body = "x"};

        const auto first = co_await door.get("/users/open");
        const auto repeated = co_await door.get("/users/open");
        const auto not_repeated = co_await door.ask(post);

        EXPECT_EQ(first.status, 200);
        EXPECT_EQ(repeated.status, 200);
        EXPECT_EQ(upstream.connections(), 2);
        EXPECT_EQ(not_repeated.status, 502);
        co_await door.stop();
    });
}

TEST(Proxy, TheNextInstanceAnswersWhenOneIsAway) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        StubUpstream first(runtime, "first");
        StubUpstream second(runtime, "second");
        auto variables = all_at(first.url());
        variables["USERS_URL"] = "http://127.0.0.1:1," + first.url() + "," + second.url();
        Door door(runtime, variables);

        for (int i = 0; i < 6; ++i) {
            const auto answer = co_await door.get("/users/open");
            EXPECT_EQ(answer.status, 200);
        }

        EXPECT_EQ(first.requests, 3);
        EXPECT_EQ(second.requests, 3);
        co_await door.stop();
    });
}

TEST(Proxy, AClientThatLeavesEndsTheUpstreamsWork) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        const auto asked = [&] { return upstream.requests == 1; };
        const auto gone = [&] { return upstream.clients_gone == 1; };
        {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send("GET /users/open/hang HTTP/1.1\r\nHost: a\r\n\r\n");
            EXPECT_TRUE(co_await testing::eventually(asked));
        }

        EXPECT_TRUE(co_await testing::eventually(gone));
    });
}

TEST(Proxy, AClientThatLeavesAnEndlessAnswerEndsItToo) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        const auto gone = [&] { return upstream.clients_gone == 1; };
        {
            auto client = co_await RawClient::connect(door.port());
            co_await client.send("GET /users/open/endless HTTP/1.1\r\nHost: a\r\n\r\n");
            // The first event arrives while the answer goes on.
            co_await client.read_until("data: 1\n\n");
        }

        EXPECT_TRUE(co_await testing::eventually(gone));
    });
}

TEST(Proxy, AClientThatOnlyClosesItsSendingSideStillGetsItsAnswer) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send("GET /users/open HTTP/1.1\r\nHost: a\r\n\r\n");
        client.socket().shutdown(TcpSocket::shutdown_send);
        const auto answer = parse_answer(co_await client.read_to_end());

        EXPECT_EQ(answer.status, 200);
    });
}

TEST(Proxy, PipelinedRequestsAreAnsweredInOrder) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        auto client = co_await RawClient::connect(door.port());

        co_await client.send(
            "GET /users/open?1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /auth/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            "GET /users/open?3 HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto first = co_await client.read_answer();
        const auto second = co_await client.read_answer();
        const auto third = co_await client.read_answer();

        EXPECT_THAT(first.body, HasSubstr("/users/open?1"));
        EXPECT_EQ(second.body, "3");
        EXPECT_THAT(third.body, HasSubstr("/users/open?3"));
    });
}

}  // namespace
}  // namespace darkroom::gateway
