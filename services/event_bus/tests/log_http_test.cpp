#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace darkroom::event_bus {
namespace {

using testing::data_of;

awaitable<> publish_many(testing::TestService& bus, int publisher, int count, std::vector<std::int64_t>& positions) {
    for (int i = 0; i < count; ++i) {
        const auto request =
            publish_request(R"({"type":"image.uploaded","data":{"publisher":)" + std::to_string(publisher) + "}}");
        const auto response = co_await bus.send(request);
        positions.push_back(data_of(response).at("position").as_int64());
    }
}

TEST(Log, PositionsAreGapFreeAndRisingForEveryPublisher) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            constexpr int publishers = 8;
            constexpr int each = 25;
            std::vector<std::vector<std::int64_t>> positions(publishers);
            TaskGroup group(runtime.executor());
            for (int p = 0; p < publishers; ++p) {
                group.spawn("publisher", publish_many(*bus, p, each, positions[static_cast<std::size_t>(p)]));
            }
            const bool finished = co_await group.drain(30s);
            EXPECT_TRUE(finished);

            std::set<std::int64_t> seen;
            for (const auto& own : positions) {
                EXPECT_TRUE(std::ranges::is_sorted(own));
                seen.insert(own.begin(), own.end());
            }
            EXPECT_EQ(seen.size(), publishers * each);
            EXPECT_EQ(*seen.begin(), 1);
            EXPECT_EQ(*seen.rbegin(), publishers * each);
            co_await bus->stop();
        },
        servers);
}

TEST(Log, AnEventSentAgainKeepsItsPosition) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            const std::string first = R"({"id":"e-1","type":"a.b","data":{}})";
            const std::string batch =
                R"([{"id":"e-2","type":"a.b","data":{}},{"id":"e-1","type":"a.b","data":{}},{"id":"e-2","type":"a.b","data":{}}])";

            const auto one = co_await bus->send(publish_request(first));
            const auto many = co_await bus->send(publish_request(batch));
            const auto list = co_await bus->send({.target = "/events", .token = "user:admin-001:admin"});

            EXPECT_EQ(data_of(one).at("position"), 1);
            const auto events = data_of(many).at("events").as_array();
            EXPECT_EQ(events.at(0).at("position"), 2);
            EXPECT_EQ(events.at(1).at("position"), 1);
            EXPECT_EQ(events.at(2).at("position"), 2);
            EXPECT_EQ(data_of(list).at("pagination").at("total"), 2);
            co_await bus->stop();
        },
        servers);
}

TEST(Log, KeepsThePayloadByteForByte) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            const std::string payload = R"({"z":1.0, "a":[ 1e2 ],"text":"é\u00e9"})";

            co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":)" + payload + '}'));
            const auto read = co_await bus->send({.target = "/events/e-1", .token = "service:user-service"});

            EXPECT_THAT(read.body, ::testing::HasSubstr(payload));
            co_await bus->stop();
        },
        servers);
}

TEST(Log, AWriterWithAnOldEpochCannotAppend) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = all.database.url(), .connections = 2});
            EventsRepository repository(pool);
            const auto old = co_await repository.begin_epoch();
            const auto newer = co_await repository.begin_epoch();
            EXPECT_EQ(newer.epoch, old.epoch + 1);
            bus::Envelope event;
            event.id = "e-1";
            event.type = "a.b";
            event.source = "test";
            event.timestamp = now();
            event.correlation_id = "c";
            const std::vector<bus::Envelope> events{event};

            bool fenced = false;
            try {
                co_await repository.append(old.epoch, events);
            } catch (const pg::DatabaseError& error) {
                fenced = is_fenced(error);
            }

            EXPECT_TRUE(fenced);
            const auto head = co_await repository.head();
            EXPECT_EQ(head.position, 0);
            const auto appended = co_await repository.append(newer.epoch, events);
            EXPECT_EQ(appended.positions, std::vector<std::int64_t>{1});
        },
        servers);
}

TEST(Log, GoesOnAfterAnotherWriterTookOver) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            const auto before = co_await bus->send(publish_request(R"({"type":"a.b","data":{}})"));
            all.database.query("UPDATE bus.head SET epoch = epoch + 1");

            const auto after = co_await bus->send(publish_request(R"({"type":"a.b","data":{}})"));

            EXPECT_EQ(data_of(before).at("position"), 1);
            EXPECT_EQ(data_of(after).at("position"), 2);
            co_await bus->stop();
        },
        servers);
}

TEST(Log, DatabaseAwayIsUnavailableAndNothingIsAcknowledged) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"({"type":"a.b","data":{}})"));
            all.database.accept_connections(false);

            const auto refused = co_await bus->send(publish_request(R"({"id":"e-2","type":"a.b","data":{}})"));
            const auto health = co_await bus->send({.target = "/health"});
            all.database.accept_connections(true);

            EXPECT_EQ(refused.status, 503);
            EXPECT_FALSE(refused.headers.get("Retry-After").empty());
            EXPECT_EQ(health.status, 503);
            int status = 0;
            const auto until = SteadyClock::now() + 10s;
            while (status != 200 && SteadyClock::now() < until) {
                const auto again = co_await bus->send(publish_request(R"({"id":"e-2","type":"a.b","data":{}})"));
                status = again.status;
            }
            EXPECT_EQ(status, 200);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM bus.events"), "2");
            co_await bus->stop();
        },
        servers);
}

TEST(Events, AUserSeesHisOwnOnly) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"([{"id":"mine","type":"a.b","data":{},"user_id":"ann"},
                {"id":"theirs","type":"a.b","data":{},"user_id":"bob"},{"id":"nobodys","type":"a.b","data":{}}])"));

            const auto list = co_await bus->send({.target = "/events", .token = "user:ann:user"});
            const auto own = co_await bus->send({.target = "/events/mine", .token = "user:ann:user"});
            const auto foreign = co_await bus->send({.target = "/events/theirs", .token = "user:ann:user"});
            const auto named = co_await bus->send({.target = "/events?user_id=bob", .token = "user:ann:user"});
            const auto admin = co_await bus->send({.target = "/admin/events", .token = "user:ann:user"});
            const auto publish = co_await bus->send(
                {.verb = http::Verb::post, .target = "/events/publish", .token = "user:ann:user", .body = "{}"});

            EXPECT_EQ(data_of(list).at("pagination").at("total"), 1);
            EXPECT_EQ(own.status, 200);
            EXPECT_EQ(foreign.status, 404);
            EXPECT_EQ(named.status, 403);
            EXPECT_EQ(admin.status, 403);
            EXPECT_EQ(publish.status, 403);
            co_await bus->stop();
        },
        servers);
}

TEST(Events, AreFilteredAndPaged) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"([{"type":"image.uploaded","data":{},"correlation_id":"c-1"},
                {"type":"image.deleted","data":{},"source":"tests"},{"type":"user.created","data":{}},{"type":"imagex","data":{}}])"));
            const std::string admin = "user:admin-001:admin";
            const auto total = [&](std::string query) -> testing::TestRequest {
                return {.target = "/events" + query, .token = admin};
            };

            const auto images = co_await bus->send(total("?event_type=image.*"));
            const auto exact = co_await bus->send(total("?event_type=user.created"));
            const auto unknown = co_await bus->send(total("?event_type=never.sent"));
            const auto ill_formed = co_await bus->send(total("?event_type=NO&limit=0&since=yesterday"));
            const auto by_source = co_await bus->send(total("?source=tests"));
            const auto by_correlation = co_await bus->send(total("?correlation_id=c-1"));
            const auto newest = co_await bus->send(total("?limit=1"));
            const auto oldest = co_await bus->send(total("?after=1&limit=2"));
            const auto end = co_await bus->send(total("?after=4"));

            EXPECT_EQ(data_of(images).at("pagination").at("total"), 2);
            EXPECT_EQ(data_of(exact).at("pagination").at("total"), 1);
            EXPECT_EQ(data_of(unknown).at("pagination").at("total"), 0);
            EXPECT_EQ(ill_formed.status, 422);
            EXPECT_EQ(json::parse(ill_formed.body).value().at("errors").as_array().size(), 3U);
            EXPECT_EQ(data_of(by_source).at("events").as_array().at(0).at("type"), "image.deleted");
            EXPECT_EQ(data_of(by_correlation).at("pagination").at("total"), 1);
            EXPECT_EQ(data_of(newest).at("events").as_array().at(0).at("position"), 4);
            EXPECT_EQ(data_of(newest).at("pagination").at("has_next"), true);
            EXPECT_EQ(data_of(oldest).at("events").as_array().at(0).at("position"), 2);
            EXPECT_EQ(data_of(oldest).at("next_after"), 3);
            EXPECT_EQ(data_of(end).at("next_after"), 4);
            co_await bus->stop();
        },
        servers);
}

TEST(Events, StatisticsCountByTypeSourceAndMinute) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(
                publish_request(R"([{"type":"a.b","data":{}},{"type":"a.b","data":{}},{"type":"c.d","data":{}}])"));

            const auto answer = co_await bus->send({.target = "/stats", .token = "user:admin-001:admin"});

            const auto stats = data_of(answer);
            EXPECT_EQ(stats.at("total_events"), 3);
            EXPECT_EQ(stats.at("by_type").at("a.b"), 2);
            EXPECT_EQ(stats.at("by_source").at("image-service"), 3);
            EXPECT_EQ(stats.at("per_minute").as_object().size(), 60U);
            co_await bus->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
