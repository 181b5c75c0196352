// Clearing the log, its archive, and events in the format of CloudEvents.
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gmock/gmock.h>

namespace darkroom::event_bus {
namespace {

using testing::data_of;
using testing::TestRequest;

constexpr const char* admin = "user:admin-001:admin";

TestRequest clear_request(std::string token = admin) {
    return {.verb = http::Verb::del, .target = "/events/clear", .token = std::move(token)};
}

TEST(Archive, ClearingEmptiesTheLogAndPositionsGoOn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"([{"id":"e-1","type":"a.b","data":{"n":1.50},"user_id":"ann"},
                {"id":"e-2","type":"c.d","data":{}}])"));

            const auto cleared = co_await bus->send(clear_request());
            const auto list = co_await bus->send({.target = "/events", .token = admin});
            const auto gone = co_await bus->send({.target = "/events/e-1", .token = admin});
            const auto next = co_await bus->send(publish_request(R"({"id":"e-3","type":"a.b","data":{}})"));
            const auto again = co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":{}})"));
            const auto stats = co_await bus->send({.target = "/events/stats", .token = admin});

            EXPECT_EQ(data_of(cleared).at("archived_events"), 2);
            EXPECT_EQ(data_of(cleared).at("position"), 2);
            EXPECT_EQ(data_of(list).at("pagination").at("total"), 0);
            EXPECT_EQ(gone.status, 404);
            EXPECT_EQ(data_of(next).at("position"), 3);
            // A producer that sends again after the clear: the first position stands.
            EXPECT_EQ(data_of(again).at("position"), 1);
            EXPECT_EQ(data_of(stats).at("total_events"), 1);
            EXPECT_EQ(data_of(stats).at("archived_events"), 2);
            co_await bus->stop();
        },
        servers);
}

TEST(Archive, IsReadWithTheSameFiltersAsTheLog) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"([{"id":"e-1","type":"a.b","data":{"n":1.50},"user_id":"ann"},
                {"id":"e-2","type":"c.d","data":{},"user_id":"bob"}])"));
            const auto cleared = co_await bus->send(clear_request());
            co_await bus->send(publish_request(R"({"id":"e-3","type":"a.b","data":{}})"));
            const auto id = data_of(cleared).at("archive_id").as_string();

            const auto everything = co_await bus->send({.target = "/events?archived=true", .token = admin});
            const auto filtered = co_await bus->send({.target = "/events?archived=true&event_type=c.*", .token = admin});
            const auto after = co_await bus->send({.target = "/events?archived=true&after=1&limit=1", .token = admin});
            const auto own = co_await bus->send({.target = "/events?archived=true", .token = "user:ann:user"});
            const auto one = co_await bus->send({.target = "/events/e-1?archived=true", .token = "user:ann:user"});
            const auto foreign = co_await bus->send({.target = "/events/e-2?archived=true", .token = "user:ann:user"});
            const auto archives = co_await bus->send({.target = "/events/archives", .token = admin});
            const auto file = co_await bus->send({.target = "/events/archives/" + std::string(id), .token = admin});

            EXPECT_EQ(data_of(everything).at("pagination").at("total"), 3);
            EXPECT_EQ(data_of(filtered).at("events").as_array().at(0).at("id"), "e-2");
            EXPECT_EQ(data_of(after).at("events").as_array().at(0).at("id"), "e-2");
            EXPECT_EQ(data_of(after).at("next_after"), 2);
            EXPECT_EQ(data_of(own).at("pagination").at("total"), 1);
            EXPECT_EQ(one.status, 200);
            EXPECT_EQ(foreign.status, 404);
            const auto archive = data_of(archives).at("archives").as_array().at(0);
            EXPECT_EQ(archive.at("events"), 2);
            EXPECT_EQ(archive.at("first_position"), 1);
            EXPECT_EQ(archive.at("last_position"), 2);
            EXPECT_EQ(archive.at("created_by"), "admin-001");
            EXPECT_EQ(std::ranges::count(file.body, '\n'), 2);
            EXPECT_THAT(file.body, ::testing::HasSubstr(R"("data":{"n":1.50})"));
            co_await bus->stop();
        },
        servers);
}

TEST(Archive, IsForAdministratorsAndCanBeDeleted) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":{}})"));

            const auto by_user = co_await bus->send(clear_request("user:ann:user"));
            const auto by_service = co_await bus->send(clear_request("service:image-service"));
            const auto by_nobody = co_await bus->send(clear_request(""));
            const auto listed_by_user = co_await bus->send({.target = "/events/archives", .token = "user:ann:user"});
            const auto cleared = co_await bus->send(clear_request());
            const auto empty = co_await bus->send(clear_request());
            const auto target = "/events/archives/" + std::string(data_of(cleared).at("archive_id").as_string());
            const auto removed = co_await bus->send({.verb = http::Verb::del, .target = target, .token = admin});
            const auto removed_again = co_await bus->send({.verb = http::Verb::del, .target = target, .token = admin});
            const auto missing = co_await bus->send({.target = target, .token = admin});

            EXPECT_EQ(by_user.status, 403);
            EXPECT_EQ(by_service.status, 403);
            EXPECT_EQ(by_nobody.status, 401);
            EXPECT_EQ(listed_by_user.status, 403);
            EXPECT_EQ(data_of(empty).at("archived_events"), 0);
            EXPECT_TRUE(data_of(empty).at("archive_id").is_null());
            EXPECT_EQ(removed.status, 200);
            EXPECT_EQ(removed_again.status, 404);
            EXPECT_EQ(missing.status, 404);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM bus.all_events"), "0");
            co_await bus->stop();
        },
        servers);
}

TEST(CloudEventsOverHttp, AreTheSameEventsSingleAndInBatches) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            const http::Headers accept{{"Accept", "application/cloudevents+json"}};
            auto publishing = publish_request(R"({"id":"e-1","type":"a.b","data":{"n":1.50},"user_id":"ann"})");
            publishing.headers = accept;

            const auto stored = co_await bus->send(publishing);
            const auto one = co_await bus->send({.target = "/events/e-1", .token = admin, .headers = accept});
            const auto many = co_await bus->send({.target = "/events?after=0", .token = admin, .headers = accept});
            const auto missing = co_await bus->send({.target = "/events/none", .token = admin, .headers = accept});

            EXPECT_EQ(one.headers.get("Content-Type"), "application/cloudevents+json");
            EXPECT_EQ(stored.body, one.body);
            const auto event = json::parse(one.body).value();
            EXPECT_EQ(event.at("specversion"), "1.0");
            EXPECT_EQ(event.at("position"), 1);
            EXPECT_EQ(event.at("userid"), "ann");
            EXPECT_THAT(one.body, ::testing::HasSubstr(R"("data":{"n":1.50})"));
            EXPECT_EQ(many.headers.get("Content-Type"), "application/cloudevents-batch+json");
            EXPECT_EQ(many.headers.get("X-Next-After"), "1");
            EXPECT_EQ(json::parse(many.body).value().as_array().size(), 1U);
            EXPECT_EQ(missing.headers.get("Content-Type"), "application/problem+json");
            co_await bus->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
