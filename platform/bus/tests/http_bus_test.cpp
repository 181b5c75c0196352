// Publisher and fetcher over real sockets, against a server that answers as the test says.
#include "platform/bus/http.hpp"
#include "platform/http/server.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::bus {
namespace {

/// auth-service and event bus in one: gives tokens, notes what is asked, answers `status` and `answer`.
class FakeServices : public http::Handler {
public:
    awaitable<> handle(http::Exchange& exchange) override {
        const auto target = exchange.request().target;
        auto body = co_await http::read_all(exchange.body(), 1 << 20);
        auto response = http::Response::text(200, "application/json", R"({"access_token":"secret","expires_in":900})");
        if (target == "/oauth/token") {
            ++tokens;
        } else {
            last_target = target;
            last_authorization = std::string(exchange.request().headers.get("Authorization"));
            last_body = std::move(body);
            response = http::Response::text(status, "application/json", answer);
        }
        co_await exchange.respond(std::move(response));
    }

    int status = 200;
    std::string answer = "{}";
    int tokens = 0;
    std::string last_target;
    std::string last_authorization;
    std::string last_body;
};

http::Origin listening(http::Server& server) {
    server.listen();
    return {"127.0.0.1", server.port()};
}

struct Wire {
    explicit Wire(Runtime& runtime)
        : server(runtime, {}, services),
          origin(listening(server)),
          client(runtime),
          tokens(runtime, client, origin, "shop", Secret("pass")) {}

    FakeServices services;
    http::Server server;
    http::Origin origin;
    http::Client client;
    auth::ServiceTokens tokens;
};

awaitable<std::string> outcome_of(awaitable<> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    }
    co_return "";
}

Envelope an_event(std::string data) {
    Envelope event;
    event.id = "event-1";
    event.type = "number.told";
    event.source = "shop";
    event.timestamp = parse_rfc3339("2026-03-01T10:00:00Z").value();
    event.data = std::move(data);
    event.correlation_id = "correlation";
    return event;
}

TEST(HttpPublisher, PostsTheBatchWithAServiceToken) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Wire wire(runtime);
        const auto publish = http_publisher(wire.client, wire.tokens, wire.origin);
        const std::vector<Envelope> batch{an_event(R"({"number": 1.50})"), an_event("{}")};

        co_await publish(batch);
        co_await publish(batch);

        EXPECT_EQ(wire.services.last_target, "/events/publish");
        EXPECT_EQ(wire.services.last_authorization, "Bearer secret");
        EXPECT_EQ(wire.services.last_body, to_json(batch));
        EXPECT_EQ(wire.services.tokens, 1);
    });
}

TEST(HttpPublisher, TellsWhatIsFinalFromWhatMayPass) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Wire wire(runtime);
        const auto publish = http_publisher(wire.client, wire.tokens, wire.origin);
        const std::vector<Envelope> batch{an_event("{}")};
        std::string codes;
        for (const int status : {422, 413, 503, 500, 429, 403, 401}) {
            wire.services.status = status;
            codes += co_await outcome_of(publish(batch)) + ' ';
        }

        EXPECT_EQ(codes,
                  "event_refused event_refused event_bus_unavailable event_bus_unavailable event_bus_unavailable "
                  "event_bus_unavailable event_bus_unavailable ");
        wire.services.status = 200;
        co_await publish(batch);
        EXPECT_EQ(wire.services.tokens, 2) << "a 401 makes it ask for a new token";
    });
}

TEST(HttpFetcher, ReadsAPageAndKeepsDataByteForByte) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Wire wire(runtime);
        const auto fetch = http_fetcher(wire.client, wire.tokens, wire.origin);
        auto event = an_event("{ \"number\" : 1.50 }");
        event.position = 8;
        wire.services.answer = R"({"success":true,"message":"OK","data":{"events":[)" + to_json(event) +
                               R"(],"next_after":8,"head":12},"timestamp":"2026-03-01T10:00:00.000Z","correlation_id":"c"})";

        const auto page = co_await fetch(7, 1);

        EXPECT_EQ(wire.services.last_target, "/events?archived=true&after=7&limit=1");
        EXPECT_EQ(page.events, std::vector{event});
        EXPECT_EQ(page.next_after, 8);
        EXPECT_EQ(page.head, 12);
    });
}

awaitable<> fetch_first(const Fetcher& fetch) {
    co_await fetch(0, 10);
}

TEST(HttpFetcher, AnAnswerThatIsNoPageIsAnOutage) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Wire wire(runtime);
        const auto fetch = http_fetcher(wire.client, wire.tokens, wire.origin);

        const auto strange = co_await outcome_of(fetch_first(fetch));
        wire.services.status = 503;
        const auto away = co_await outcome_of(fetch_first(fetch));

        EXPECT_EQ(strange, "event_bus_unavailable");
        EXPECT_EQ(away, "event_bus_unavailable");
    });
}

}  // namespace
}  // namespace darkroom::bus
