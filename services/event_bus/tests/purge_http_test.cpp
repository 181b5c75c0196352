// A deleted user is taken out of the log and its archives; and what the log holds about a user is given for an export.
#include "services/event_bus/purges_repository.hpp"
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

using testing::data_of;

constexpr const char* admin = "user:admin-001:admin";

constexpr const char* removal_of_ann = R"({"id":"gone","type":"user.deleted","source":"auth-service","user_id":"ann",
    "data":{"user_id":"ann","email":"ann@example.org","username":"ann","role":"user"}})";

TEST(Purge, TakesTheUsersEventsAndLeavesUserDeleted) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"({"id":"old","type":"user.created","data":{"email":"a"},"user_id":"ann"})"));
            co_await bus->send({.verb = http::Verb::del, .target = "/events/clear", .token = admin});
            co_await bus->send(publish_request(R"([{"id":"e-1","type":"image.uploaded","data":{},"user_id":"ann"},
                {"id":"e-2","type":"image.uploaded","data":{},"user_id":"bob"}])"));

            co_await bus->send(publish_request(removal_of_ann));

            const auto purged = [&all] { return all.database.query("SELECT count(*) FROM bus.removed_users") == "1"; };
            const bool done = co_await testing::eventually(purged);
            EXPECT_TRUE(done);
            EXPECT_EQ(all.database.query("SELECT string_agg(id, ',' ORDER BY position) FROM bus.all_events"), "e-2,gone");
            const auto next = co_await bus->send(publish_request(R"({"id":"e-3","type":"a.b","data":{}})"));
            EXPECT_EQ(data_of(next).at("position"), 5);
            const auto page = co_await bus->send({.target = "/events?after=1", .token = "service:user-service"});
            EXPECT_EQ(data_of(page).at("events").as_array().size(), 3U);
            EXPECT_EQ(data_of(page).at("next_after"), 5);
            co_await bus->stop();
        },
        servers);
}

TEST(Purge, TakesWhatCameLateAndWhatIsPersonalInUserDeletedADayLater) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(removal_of_ann));
            const auto purged = [&all] { return all.database.query("SELECT count(*) FROM bus.removed_users") == "1"; };
            co_await testing::eventually(purged);
            co_await bus->send(publish_request(R"({"id":"late","type":"image.deleted","data":{},"user_id":"ann"})"));
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = all.database.url()});
            PurgesRepository purges(pool);

            const bool early = co_await purges.finish_one();
            all.database.query("UPDATE bus.removed_users SET removed_at = now() - interval '25 hours'");
            const bool due = co_await purges.finish_one();
            const bool again = co_await purges.finish_one();

            EXPECT_FALSE(early);
            EXPECT_TRUE(due);
            EXPECT_FALSE(again);
            EXPECT_EQ(all.database.query("SELECT string_agg(id, ',') FROM bus.events"), "gone");
            EXPECT_EQ(all.database.query("SELECT count(*) FROM bus.events WHERE data LIKE '%ann@example.org%'"), "0");
            co_await bus->stop();
        },
        servers);
}

TEST(Purge, BelievesAuthServiceAlone) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":{},"user_id":"ann"})"));
            testing::TestRequest forged{.verb = http::Verb::post,
                                        .target = "/events/publish",
                                        .token = admin,
                                        .body = R"({"type":"user.deleted","data":{"user_id":"ann"},"user_id":"ann"})"};
            co_await bus->send(std::move(forged));
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = all.database.url()});
            PurgesRepository purges(pool);

            const auto next = co_await purges.next();

            EXPECT_FALSE(next.has_value());
            co_await bus->stop();
        },
        servers);
}

TEST(Export, GivesTheUsersEventsPageByPage) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto bus = start_bus(runtime, all);
            std::string events;
            for (int i = 0; i < 250; ++i) {
                if (i > 0) events += ',';
                events += R"({"type":"a.b","data":{"i":)" + std::to_string(i) + R"(},"user_id":"ann"})";
            }
            co_await bus->send(publish_request('[' + events + R"(,{"type":"a.b","data":{},"user_id":"bob"}])"));

            const auto first = co_await bus->send({.target = "/internal/users/ann/export", .token = "service:user-service"});
            const auto next = std::string(data_of(first).at("next").as_string());
            const auto second =
                co_await bus->send({.target = "/internal/users/ann/export?after=" + next, .token = "service:user-service"});
            const auto stranger =
                co_await bus->send({.target = "/internal/users/ann/export", .token = "service:image-service"});
            const auto person = co_await bus->send({.target = "/internal/users/ann/export", .token = admin});

            EXPECT_EQ(data_of(first).at("section"), "events");
            EXPECT_EQ(data_of(first).at("items").as_array().size(), 200U);
            EXPECT_EQ(data_of(second).at("items").as_array().size(), 50U);
            EXPECT_EQ(data_of(second).at("items").as_array().back().at("data").at("i"), 249);
            EXPECT_TRUE(data_of(second).at("next").is_null());
            EXPECT_EQ(stranger.status, 403);
            EXPECT_EQ(person.status, 403);
            co_await bus->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
