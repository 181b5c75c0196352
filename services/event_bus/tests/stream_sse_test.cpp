// GET /events/stream on real sockets.
#include "platform/bus/consumer.hpp"
#include "services/event_bus/tests/event_bus_fixture.hpp"
#include "services/event_bus/tests/event_source.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace darkroom::event_bus {
namespace {

using testing::data_of;

constexpr const char* admin = "user:admin-001:admin";

std::string events_of(int count, std::string_view padding = {}) {
    std::string body = "[";
    for (int i = 0; i < count; ++i) {
        if (i > 0) body += ',';
        body += R"({"type":"image.uploaded","user_id":"ann","data":{"padding":")" + std::string(padding) + "\"}}";
    }
    return body + ']';
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(last - first + 1));
    std::iota(all.begin(), all.end(), first);
    return all;
}

awaitable<std::vector<std::int64_t>> next_ids(EventSource& source, std::size_t count) {
    std::vector<std::int64_t> ids;
    while (ids.size() < count) {
        const auto frame = co_await source.next();
        if (!frame || !frame->event.empty()) break;
        ids.push_back(std::stoll(frame->id));
    }
    co_return ids;
}

TEST(ServerSentEvents, NeedATokenAndWellFormedFilters) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            EventSource source(runtime);

            const auto anonymous = co_await source.open(bus->origin(), "/events/stream", "");
            const auto pattern = co_await bus->send({.target = "/events/stream?event_types=NO&after=x", .token = admin});
            const auto ahead = co_await bus->send({.target = "/events/stream?after=99", .token = admin});
            const auto foreign = co_await bus->send({.target = "/events/stream?user_id=bob", .token = "user:ann:user"});
            const auto id =
                co_await bus->send({.target = "/events/stream", .token = admin, .headers = {{"Last-Event-ID", "x"}}});

            EXPECT_EQ(anonymous, 401);
            EXPECT_EQ(pattern.status, 422);
            EXPECT_EQ(json::parse(pattern.body).value().at("errors").as_array().size(), 2U);
            EXPECT_EQ(ahead.status, 422);
            EXPECT_EQ(foreign.status, 403);
            EXPECT_EQ(id.status, 422);
            EXPECT_EQ(json::parse(id.body).value().at("errors").as_array().at(0).at("field"), "Last-Event-ID");
            co_await bus->stop();
        },
        servers);
}

TEST(ServerSentEvents, SendWhatIsPublishedAndTellAUserOnlyOfHisOwn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            EventSource everything(runtime);
            EventSource own(runtime);
            EventSource images(runtime);
            const auto status = co_await everything.open(bus->origin(), "/events/stream", admin);
            co_await own.open(bus->origin(), "/events/stream", "user:ann:user");
            co_await images.open(bus->origin(), "/events/stream?event_types=image.*,user.created&user_id=ann", admin);

            co_await bus->send(publish_request(R"([{"type":"image.uploaded","user_id":"bob","data":{}},
                {"type":"user.login","user_id":"ann","data":{}},{"type":"image.deleted","user_id":"ann","data":{"n":1.50}}])"));
            const auto seen = co_await next_ids(everything, 3);
            const auto first_own = co_await own.next();
            const auto image = co_await images.next();
            const auto stats = co_await bus->send({.target = "/events/stats", .token = admin});
            const auto own_stats = co_await bus->send({.target = "/events/stats", .token = "user:ann:user"});

            EXPECT_EQ(status, 200);
            EXPECT_EQ(everything.response().headers.get("Content-Type"), "text/event-stream");
            EXPECT_EQ(seen, numbers(1, 3));
            testing::require(first_own.has_value() && image.has_value(), "frames");
            EXPECT_EQ(first_own->id, "2");
            EXPECT_EQ(image->id, "3");
            EXPECT_EQ(image->object().at("type"), "image.deleted");
            EXPECT_EQ(image->object().at("position"), 3);
            EXPECT_THAT(image->data, ::testing::HasSubstr(R"("data":{"n":1.50})"));
            EXPECT_EQ(data_of(stats).at("stream_connections"), 3);
            EXPECT_EQ(data_of(own_stats).at("connections"), 1);
            co_await bus->stop();
        },
        servers);
}

awaitable<> publish_for_a_while(testing::TestService& bus, int count) {
    for (int i = 0; i < count; ++i) co_await bus.send(publish_request(events_of(1)));
}

TEST(ServerSentEvents, ResumeWithoutGapOrRepeatWhileEventsPourIn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            for (int i = 0; i < 2; ++i) co_await bus->send(publish_request(events_of(1000)));
            TaskGroup publishing(runtime.executor());
            publishing.spawn("publish", publish_for_a_while(*bus, 200));

            std::vector<std::int64_t> seen;
            std::string last = "0";
            while (seen.size() < 2200) {
                EventSource source(runtime);
                // A browser repeats the address it began with; the header wins.
                co_await source.open(bus->origin(), "/events/stream?after=5", admin, last);
                const auto part = co_await next_ids(source, std::min<std::size_t>(700, 2200 - seen.size()));
                if (part.empty()) break;
                seen.insert(seen.end(), part.begin(), part.end());
                last = source.last_event_id();
            }
            co_await publishing.drain(20s);

            EXPECT_EQ(seen, numbers(1, 2200));
            co_await bus->stop();
        },
        servers);
}

TEST(ServerSentEvents, AClientCutOffBeforeItsFirstEventMissesNone) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(events_of(3)));
            EventSource source(runtime);
            co_await source.open(bus->origin(), "/events/stream?event_types=user.created", admin);
            const auto nothing = co_await source.next(50ms);
            source.close();
            co_await bus->send(publish_request(R"({"type":"user.created","data":{}})"));

            EventSource again(runtime);
            co_await again.open(bus->origin(), "/events/stream?event_types=user.created", admin, source.last_event_id());
            const auto missed = co_await again.next();

            EXPECT_FALSE(nothing.has_value());
            EXPECT_EQ(source.last_event_id(), "3");
            EXPECT_TRUE(missed && missed->id == "4");
            co_await bus->stop();
        },
        servers);
}

TEST(ServerSentEvents, PassProgressThatIsNeverStoredWithoutAnId) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            redis::Client redis(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(all.redis.url()).value()});
            EventSource owner(runtime);
            co_await owner.open(bus->origin(), "/events/stream", "user:ann:user");
            const std::vector<std::string> words{
                "PUBLISH", bus::live_channel,
                R"({"id":"p-1","type":"image.processing.progress","source":"image-service",)"
                R"("timestamp":"2026-11-22T08:00:00Z","data":{"progress":40},"user_id":"ann"})"};

            // Until the bus has subscribed, nobody receives it.
            std::int64_t receivers = 0;
            while (receivers == 0) receivers = (co_await redis.command(words)).integer();
            const auto frame = co_await owner.next();

            testing::require(frame.has_value(), "a frame");
            EXPECT_EQ(frame->id, "");
            EXPECT_EQ(frame->object().at("data").at("progress"), 40);
            co_await bus->stop();
        },
        servers);
}

TEST(ServerSentEvents, AClientTooSlowIsEndedAndCanResume) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            EventSource slow(runtime);
            co_await slow.open(bus->origin(), "/events/stream", admin);
            const std::string padding(7000, 'x');
            for (int i = 0; i < 20; ++i) co_await bus->send(publish_request(events_of(100, padding)));

            std::vector<std::int64_t> seen;
            std::string reason;
            while (const auto frame = co_await slow.next()) {
                if (frame->event == "end") reason = frame->data;
                if (frame->event.empty()) seen.push_back(std::stoll(frame->id));
            }
            EventSource again(runtime);
            co_await again.open(bus->origin(), "/events/stream", admin, slow.last_event_id());
            const auto rest = co_await next_ids(again, 2000 - seen.size());
            seen.insert(seen.end(), rest.begin(), rest.end());

            EXPECT_THAT(reason, ::testing::HasSubstr("too_slow"));
            EXPECT_GT(rest.size(), 0U);
            EXPECT_EQ(seen, numbers(1, 2000));
            co_await bus->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
