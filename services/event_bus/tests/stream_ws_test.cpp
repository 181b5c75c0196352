// WS /ws/events on real sockets.
#include "platform/bus/consumer.hpp"
#include "platform/testing/websocket_client.hpp"
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace darkroom::event_bus {
namespace {

using testing::WebSocketClient;

constexpr const char* admin = "user:admin-001:admin";

std::string an_event(std::string_view type, std::string_view user, int number = 0) {
    return R"({"type":")" + std::string(type) + R"(","user_id":")" + std::string(user) + R"(","data":{"n":)" +
           std::to_string(number) + "}}";
}

std::string many_events(int count, std::string_view padding = {}) {
    std::string body = "[";
    for (int i = 0; i < count; ++i) {
        if (i > 0) body += ',';
        body += R"({"type":"image.uploaded","user_id":"user-001","data":{"padding":")" + std::string(padding) + "\"}}";
    }
    return body + ']';
}

std::int64_t position_of(const std::optional<json::Object>& frame) {
    const auto* position = frame ? frame->if_contains("position") : nullptr;
    return position != nullptr && position->is_int64() ? position->get_int64() : -1;
}

/// The positions of the next event frames.
awaitable<std::vector<std::int64_t>> next_positions(WebSocketClient& client, std::size_t count) {
    std::vector<std::int64_t> positions;
    while (positions.size() < count) {
        const auto frame = co_await client.next();
        if (!frame) break;
        if (frame->contains("data")) positions.push_back(position_of(frame));
    }
    co_return positions;
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(last - first + 1));
    std::iota(all.begin(), all.end(), first);
    return all;
}

TEST(Stream, NeedsAToken) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient anonymous(runtime.executor());
            WebSocketClient forged(runtime.executor());
            WebSocketClient browser(runtime.executor());

            const auto without = co_await anonymous.connect(bus->origin(), "/ws/events");
            const auto bad = co_await forged.connect(bus->origin(), "/ws/events", "nonsense");
            const auto in_query = co_await browser.connect(bus->origin(), "/ws/events?token=user:user-001:user");
            const auto greeting = co_await browser.next();

            EXPECT_EQ(without, 401);
            EXPECT_EQ(bad, 401);
            EXPECT_EQ(in_query, 101);
            EXPECT_EQ(greeting.value_or(json::Object{}).at("type"), "connection");
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, SendsWhatIsPublishedAndTellsAUserOnlyOfHisOwn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient everything(runtime.executor());
            WebSocketClient own(runtime.executor());
            co_await everything.connect(bus->origin(), "/ws/events", admin);
            co_await own.connect(bus->origin(), "/ws/events", "user:user-001:user");
            co_await everything.next_of_type("connection");
            co_await own.next_of_type("connection");

            co_await bus->send(publish_request(an_event("image.uploaded", "user-002")));
            co_await bus->send(publish_request(an_event("image.uploaded", "user-001")));
            const auto seen_by_admin = co_await next_positions(everything, 2);
            const auto seen_by_user = co_await next_positions(own, 1);
            const auto more = co_await own.next(100ms);

            EXPECT_EQ(seen_by_admin, numbers(1, 2));
            EXPECT_EQ(seen_by_user, numbers(2, 2));
            EXPECT_FALSE(more.has_value());
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, ASubscriptionFiltersAndAFurtherOneReplacesIt) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient client(runtime.executor());
            co_await client.connect(bus->origin(), "/ws/events", admin);
            co_await client.send({{"type", "subscribe"}, {"event_types", json::Array{"image.*"}}});
            const auto subscribed = co_await client.next_of_type("subscribed");
            for (const auto* type : {"user.created", "image.uploaded", "imagery.made"}) {
                co_await bus->send(publish_request(an_event(type, "user-001")));
            }
            const auto images = co_await next_positions(client, 1);
            co_await client.send(
                {{"type", "subscribe"}, {"event_types", json::Array{"user.created"}}, {"user_id", "user-002"}});
            co_await client.next_of_type("subscribed");
            co_await bus->send(publish_request(an_event("image.uploaded", "user-002")));
            co_await bus->send(publish_request(an_event("user.created", "user-001")));
            co_await bus->send(publish_request(an_event("user.created", "user-002")));
            const auto users = co_await next_positions(client, 1);

            EXPECT_EQ(position_of(subscribed), 0);
            EXPECT_EQ(images, numbers(2, 2));
            EXPECT_EQ(users, numbers(6, 6));
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, AMistakeIsAnsweredAndTheSocketStaysOpen) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient client(runtime.executor());
            co_await client.connect(bus->origin(), "/ws/events", "user:user-001:user");
            std::vector<std::string> codes;
            for (const auto* text : {"{", "[]", R"({"type":"dance"})", R"({"type":"subscribe","after":-1})",
                                     R"({"type":"subscribe","user_id":"user-002"})", R"({"type":"subscribe","after":99})"}) {
                co_await client.send_text(text);
                const auto answer = co_await client.next_of_type("error");
                codes.push_back(answer ? std::string(json::view(answer->at("code").as_string())) : "none");
            }
            co_await client.send({{"type", "ping"}});
            const auto pong = co_await client.next_of_type("pong");

            EXPECT_EQ(codes.size(), 6U);
            EXPECT_THAT(codes, ::testing::Not(::testing::Contains("none")));
            EXPECT_EQ(codes.at(4), "foreign_user");
            EXPECT_TRUE(pong && pong->contains("timestamp"));
            co_await bus->stop();
        },
        servers);
}

awaitable<> publish_for_a_while(testing::TestService& bus, int count) {
    for (int i = 0; i < count; ++i) co_await bus.send(publish_request(an_event("image.uploaded", "user-001", i)));
}

TEST(Stream, ResumesWithoutGapOrRepeatWhileEventsPourIn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            for (int i = 0; i < 3; ++i) co_await bus->send(publish_request(many_events(1000)));
            TaskGroup publishing(runtime.executor());
            publishing.spawn("publish", publish_for_a_while(*bus, 300));

            std::vector<std::int64_t> seen;
            // Each connection takes a part, drops, and the next goes on where it stopped.
            while (seen.size() < 3300) {
                WebSocketClient client(runtime.executor());
                co_await client.connect(bus->origin(), "/ws/events", admin);
                co_await client.send({{"type", "subscribe"}, {"after", seen.empty() ? 0 : seen.back()}});
                co_await client.next_of_type("subscribed");
                const auto part = co_await next_positions(client, std::min<std::size_t>(700, 3300 - seen.size()));
                if (part.empty()) break;
                seen.insert(seen.end(), part.begin(), part.end());
            }
            co_await publishing.drain(20s);

            EXPECT_EQ(seen, numbers(1, 3300));
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, PassesProgressThatIsNeverStored) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            redis::Client redis(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(all.redis.url()).value()});
            WebSocketClient owner(runtime.executor());
            WebSocketClient stranger(runtime.executor());
            co_await owner.connect(bus->origin(), "/ws/events", "user:user-001:user");
            co_await stranger.connect(bus->origin(), "/ws/events", "user:user-002:user");
            co_await owner.next_of_type("connection");
            co_await stranger.next_of_type("connection");
            bus::Envelope progress;
            progress.id = "p-1";
            progress.type = "image.processing.progress";
            progress.source = "image-service";
            progress.timestamp = now();
            progress.data = R"({"progress":40})";
            progress.user_id = "user-001";
            const std::vector<std::string> words{"PUBLISH", bus::live_channel, bus::to_json(progress)};

            // Until the bus has subscribed, nobody receives it.
            std::int64_t receivers = 0;
            while (receivers == 0) receivers = (co_await redis.command(words)).integer();
            const auto seen = co_await owner.next_of_type("image.processing.progress");
            const auto hidden = co_await stranger.next_of_type("image.processing.progress", 100ms);
            const auto list = co_await bus->send({.target = "/events", .token = admin});

            EXPECT_TRUE(seen && seen->at("data").at("progress") == 40);
            EXPECT_FALSE(hidden.has_value());
            EXPECT_EQ(testing::data_of(list).at("pagination").at("total"), 0);
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, WorksWithoutRedis) {
    Servers servers;
    servers.redis.kill();
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient client(runtime.executor());
            co_await client.connect(bus->origin(), "/ws/events", admin);
            co_await client.next_of_type("connection");

            co_await bus->send(publish_request(many_events(10)));
            const auto seen = co_await next_positions(client, 10);

            EXPECT_EQ(seen, numbers(1, 10));
            co_await bus->stop();
        },
        servers);
}

TEST(Stream, AnotherInstanceTellsItsSocketsToo) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto first = start_bus(runtime, all);
            const auto second = start_bus(runtime, all);
            WebSocketClient client(runtime.executor());
            co_await client.connect(second->origin(), "/ws/events", admin);
            co_await client.next_of_type("connection");

            for (int i = 0; i < 5; ++i) {
                co_await first->send(publish_request(an_event("image.uploaded", "user-001")));
                co_await second->send(publish_request(an_event("image.uploaded", "user-001")));
            }
            const auto seen = co_await next_positions(client, 10);

            EXPECT_EQ(seen, numbers(1, 10));
            co_await first->stop();
            co_await second->stop();
        },
        servers);
}

TEST(Stream, AClientTooSlowIsClosedWith1013AndCanResume) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            WebSocketClient slow(runtime.executor());
            co_await slow.connect(bus->origin(), "/ws/events", admin);
            co_await slow.next_of_type("connection");
            slow.stop_reading();

            const std::string padding(7000, 'x');
            for (int i = 0; i < 20; ++i) co_await bus->send(publish_request(many_events(100, padding)));
            std::int64_t last = 0;
            std::size_t received = 0;
            const auto code = co_await slow.closed(20s);
            while (const auto frame = co_await slow.next(0ms)) {
                last = std::max(last, position_of(frame));
                ++received;
            }
            WebSocketClient again(runtime.executor());
            co_await again.connect(bus->origin(), "/ws/events", admin);
            co_await again.send({{"type", "subscribe"}, {"after", last}});
            const auto rest = co_await next_positions(again, static_cast<std::size_t>(2000 - last));

            EXPECT_EQ(code, 1013);
            EXPECT_LT(received, 2000U);
            EXPECT_EQ(rest, numbers(last + 1, 2000));
            co_await bus->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
