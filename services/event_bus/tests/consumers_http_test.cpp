// Consumers report, are told what to do, and everybody can see how far an event has come.
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

constexpr const char* admin = "user:root:admin";

json::Object a_report(std::int64_t position) {
    return {{"position", position}, {"event_types", {"image.uploaded"}}, {"paused", false}, {"dead_letters", json::Array{}}};
}

json::Object a_letter(std::string event_id, std::int64_t position) {
    return {{"id", "7"},
            {"event_id", std::move(event_id)},
            {"event_type", "image.uploaded"},
            {"position", position},
            {"user_id", "u-1"},
            {"error", "no such upload"},
            {"attempts", 6},
            {"created_at", "2026-11-22T08:00:00.000Z"}};
}

awaitable<http::ClientResponse> report(testing::TestService& bus, json::Object body, std::string who = "service:user-service") {
    co_return co_await bus.send({.verb = http::Verb::post,
                                 .target = "/internal/consumers/user-service",
                                 .token = std::move(who),
                                 .body = json::serialize(body)});
}

awaitable<std::string> publish(testing::TestService& bus, std::string type) {
    const auto stored = co_await bus.send(publish_request(R"({"type": ")" + type + R"(", "data": {}, "user_id": "u-1"})"));
    co_return std::string(json::view(testing::data_of(stored).at("id").as_string()));
}

awaitable<std::string> status_of(testing::TestService& bus, std::string id) {
    const auto read = co_await bus.send({.target = "/events/" + id, .token = "user:u-1:user"});
    const auto data = testing::data_of(read);
    const auto& consumers = data.at("consumers").as_array();
    co_return consumers.empty() ? "none" : std::string(json::view(consumers.front().at("status").as_string()));
}

TEST(Consumers, ShowHowFarTheyAreAndHowFarAnEventHasCome) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        const auto bus = start_bus(runtime, servers);
        const auto first = co_await publish(*bus, "image.uploaded");
        const auto second = co_await publish(*bus, "image.uploaded");
        const auto other = co_await publish(*bus, "user.login");
        auto state = a_report(1);
        state["held"] = json::Object{{"position", 2}, {"attempts", 3}, {"error", "try later"}};

        const auto reported = co_await report(*bus, state);
        const auto foreign = co_await report(*bus, state, "service:image-service");
        const auto listed = co_await bus->send({.target = "/events/consumers", .token = admin});
        const auto refused = co_await bus->send({.target = "/events/consumers", .token = "user:u-1:user"});

        EXPECT_EQ(reported.status, 200) << reported.body;
        EXPECT_EQ(foreign.status, 403);
        EXPECT_EQ(refused.status, 403);
        const auto consumer = testing::data_of(listed).at("consumers").at(0);
        EXPECT_EQ(consumer.at("name"), json::Value("user-service"));
        EXPECT_EQ(consumer.at("position"), json::Value(1));
        EXPECT_EQ(consumer.at("lag"), json::Value(2));
        EXPECT_EQ(consumer.at("state"), json::Value("failing"));
        EXPECT_EQ(co_await status_of(*bus, first), "completed");
        EXPECT_EQ(co_await status_of(*bus, second), "processing");
        EXPECT_EQ(co_await status_of(*bus, other), "none") << "nobody acts on it";
        const auto stats = co_await bus->send({.target = "/events/stats", .token = admin});
        EXPECT_EQ(testing::data_of(stats).at("consumer_lag").at("user-service"), json::Value(2));
        co_await report(*bus, a_report(3));
        EXPECT_EQ(co_await status_of(*bus, second), "completed");
        co_await bus->stop();
    });
}

// An error may quote what only operators are to know, such as an address inside the network.
TEST(Consumers, TellAUserHowFarHisEventIsButNeitherErrorsNorTheirLag) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        const auto bus = start_bus(runtime, servers);
        const auto id = co_await publish(*bus, "image.uploaded");
        auto state = a_report(1);
        state["dead_letters"] = json::Array{a_letter(id, 1)};
        co_await report(*bus, state);

        const auto read_by = [&](std::string who) { return bus->send({.target = "/events/" + id, .token = std::move(who)}); };
        const auto to_user = co_await read_by("user:u-1:user");
        const auto to_admin = co_await read_by(admin);
        const auto user_stats = co_await bus->send({.target = "/events/stats", .token = "user:u-1:user"});
        const auto admin_stats = co_await bus->send({.target = "/events/stats", .token = admin});

        EXPECT_EQ(testing::data_of(to_user).at("consumers").at(0).at("status"), json::Value("failed"));
        EXPECT_EQ(testing::data_of(to_admin).at("consumers").at(0).at("error"), json::Value("no such upload"));
        EXPECT_EQ(to_user.body.find("no such upload"), std::string::npos) << to_user.body;
        EXPECT_EQ(testing::data_of(admin_stats).at("consumer_lag").at("user-service"), json::Value(0));
        EXPECT_EQ(user_stats.body.find("user-service"), std::string::npos) << user_stats.body;
        co_await bus->stop();
    });
}

TEST(DeadLetters, AreListedAndAskedForAgain) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        const auto bus = start_bus(runtime, servers);
        const auto id = co_await publish(*bus, "image.uploaded");
        auto state = a_report(1);
        state["dead_letters"] = json::Array{a_letter(id, 1)};
        co_await report(*bus, state);
        EXPECT_EQ(co_await status_of(*bus, id), "failed");

        const auto listed = co_await bus->send({.target = "/events/dead-letters", .token = admin});
        const auto letter = testing::data_of(listed).at("dead_letters").at(0);
        const json::Object wanted{{"ids", {letter.at("id")}}};
        const auto asked = co_await bus->send(
            {.verb = http::Verb::post, .target = "/events/dead-letters", .token = admin, .body = json::serialize(wanted)});
        const auto vague =
            co_await bus->send({.verb = http::Verb::post, .target = "/events/dead-letters", .token = admin, .body = "{}"});
        const auto answered = co_await report(*bus, state);
        auto& tried = state["dead_letters"].as_array().at(0).as_object();
        tried["attempts"] = 7;
        const auto in_vain = co_await report(*bus, state);
        co_await report(*bus, a_report(1));
        const auto after = co_await bus->send({.target = "/events/dead-letters", .token = admin});

        EXPECT_EQ(letter.at("consumer"), json::Value("user-service"));
        EXPECT_EQ(letter.at("error"), json::Value("no such upload"));
        EXPECT_EQ(testing::data_of(asked).at("requested"), json::Value(1));
        EXPECT_EQ(vague.status, 422);
        EXPECT_EQ(json::serialize(testing::data_of(answered).at("replay")), R"(["7"])");
        EXPECT_EQ(json::serialize(testing::data_of(in_vain).at("replay")), "[]") << "one request, one attempt";
        EXPECT_EQ(testing::data_of(after).at("pagination").at("total"), json::Value(0));
        EXPECT_EQ(co_await status_of(*bus, id), "completed");
        co_await bus->stop();
    });
}

TEST(Routes, AreToldToTheConsumersTheyAreFor) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        const auto bus = start_bus(runtime, servers);
        const auto set = [&](std::string body, std::string who) {
            return bus->send(
                {.verb = http::Verb::post, .target = "/events/routes", .token = std::move(who), .body = std::move(body)});
        };

        const auto all = co_await set(R"({"pattern": "image.*", "action": "pause"})", admin);
        const auto own = co_await set(R"({"pattern": "image.*", "consumer": "user-service", "action": "exclude"})", admin);
        const auto other = co_await set(R"({"pattern": "*", "consumer": "image-service", "action": "exclude"})", admin);
        const auto by_user = co_await set(R"({"pattern": "*", "action": "exclude"})", "user:u-1:user");
        const auto bad = co_await set(R"({"pattern": "Image!", "action": "explode"})", admin);
        const auto answered = co_await report(*bus, a_report(0));
        const auto listed = co_await bus->send({.target = "/events/routes", .token = admin});
        const auto id = std::string(json::view(testing::data_of(own).at("id").as_string()));
        const auto removed = co_await bus->send({.verb = http::Verb::del, .target = "/events/routes/" + id, .token = admin});
        const auto again = co_await report(*bus, a_report(0));

        EXPECT_EQ(all.status, 200);
        EXPECT_EQ(other.status, 200);
        EXPECT_EQ(by_user.status, 403);
        EXPECT_EQ(bad.status, 422);
        EXPECT_EQ(json::serialize(testing::data_of(answered).at("rules")), R"([{"pattern":"image.*","action":"exclude"}])");
        EXPECT_EQ(testing::data_of(listed).at("routes").as_array().size(), 3U);
        EXPECT_EQ(removed.status, 200);
        EXPECT_EQ(json::serialize(testing::data_of(again).at("rules")), R"([{"pattern":"image.*","action":"pause"}])");
        co_await bus->stop();
    });
}

}  // namespace
}  // namespace darkroom::event_bus
