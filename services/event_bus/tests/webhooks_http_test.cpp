// Events sent to a receiver: signed, in order, again when it is away.
#include "platform/http/server.hpp"
#include "services/event_bus/domain/webhook.hpp"
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

constexpr const char* ada = "user:ada:user";
constexpr const char* admin = "user:root:admin";

/// Somebody else's server.
class Receiver : public http::Handler {
public:
    explicit Receiver(Runtime& runtime) : server_(runtime, {}, *this) { server_.listen(); }

    awaitable<> handle(http::Exchange& exchange) override {
        auto body = co_await http::read_all(exchange.body(), 1'000'000);
        heads.push_back(exchange.request());
        bodies.push_back(std::move(body));
        co_await exchange.respond({.status = status});
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/hook"; }
    awaitable<> stop() { return server_.drain(200ms); }

    int status = 204;
    std::vector<http::RequestHead> heads;
    std::vector<std::string> bodies;

private:
    http::Server server_;
};

awaitable<json::Value> subscribe(testing::TestService& bus, const Receiver& receiver, std::string who, std::string types) {
    const auto made = co_await bus.send({.verb = http::Verb::post,
                                         .target = "/events/subscriptions",
                                         .token = std::move(who),
                                         .body = R"({"url": ")" + receiver.url() + R"(", "event_types": )" + types + '}'});
    co_return testing::data_of(made);
}

awaitable<> publish(testing::TestService& bus, std::string type, std::string user) {
    const auto stored =
        co_await bus.send(publish_request(R"({"type": ")" + type + R"(", "data": {"n": 1}, "user_id": ")" + user + "\"}"));
    testing::data_of(stored);
}

std::string text_in(const json::Value& value, std::string_view name) {
    return std::string(json::view(value.at(boost::json::string_view(name.data(), name.size())).as_string()));
}

TEST(Webhooks, GetTheirOwnersEventsSignedAndInOrder) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        co_await publish(*bus, "image.uploaded", "ada");
        const auto made = co_await subscribe(*bus, receiver, ada, R"(["image.*"])");

        co_await publish(*bus, "image.uploaded", "ada");
        co_await publish(*bus, "image.uploaded", "eve");
        co_await publish(*bus, "user.login", "ada");
        co_await publish(*bus, "image.deleted", "ada");
        const bool told = co_await testing::eventually([&] { return receiver.bodies.size() == 2; });
        const auto listed = co_await bus->send({.target = "/events/subscriptions", .token = ada});

        EXPECT_TRUE(told) << receiver.bodies.size();
        const auto first = json::parse(receiver.bodies.at(0)).value();
        EXPECT_EQ(first.at("type"), json::Value("image.uploaded"));
        EXPECT_EQ(first.at("position"), json::Value(2)) << "what happened before is not told";
        EXPECT_EQ(json::parse(receiver.bodies.at(1)).value().at("type"), json::Value("image.deleted"));
        const auto& headers = receiver.heads.at(0).headers;
        EXPECT_EQ(headers.get("webhook-id"), text_in(first, "id"));
        const auto timestamp = std::stoll(std::string(headers.get("webhook-timestamp")));
        EXPECT_EQ(headers.get("webhook-signature"),
                  webhook_signature(text_in(made, "secret"), text_in(first, "id"), timestamp, receiver.bodies.at(0)));
        EXPECT_EQ(listed.body.find(text_in(made, "secret")), std::string::npos);
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, AreTriedAgainAndGivenUpAndReplayed) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        receiver.status = 500;
        const auto bus = start_bus(runtime, servers);
        co_await subscribe(*bus, receiver, ada, R"(["*"])");
        co_await publish(*bus, "image.uploaded", "ada");
        co_await testing::eventually([&] { return receiver.bodies.size() == 1; });
        const auto failures = [&] { return servers.database.query("SELECT failures FROM bus.subscriptions"); };
        const bool noted = co_await testing::eventually([&] { return failures() == "1"; });

        servers.database.query("UPDATE bus.subscriptions SET failures = 8, next_attempt_at = now()");
        const bool given_up = co_await testing::eventually([&] {
            return servers.database.query("SELECT count(*) FROM bus.dead_letters WHERE consumer LIKE 'webhook:%'") == "1";
        });
        receiver.status = 200;
        co_await publish(*bus, "image.deleted", "ada");
        const auto last_type = [&] { return json::parse(receiver.bodies.back()).value().at("type"); };
        const bool went_on = co_await testing::eventually([&] { return last_type() == json::Value("image.deleted"); });
        const auto asked = co_await bus->send({.verb = http::Verb::post,
                                               .target = "/events/dead-letters",
                                               .token = admin,
                                               .body = R"({"event_type": "image.uploaded"})"});
        testing::data_of(asked);
        const bool replayed = co_await testing::eventually(
            [&] { return servers.database.query("SELECT count(*) FROM bus.dead_letters") == "0"; });

        EXPECT_TRUE(noted && given_up && went_on && replayed);
        EXPECT_EQ(last_type(), json::Value("image.uploaded"));
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, EndWithTheirOwnersRights) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        co_await subscribe(*bus, receiver, admin, R"(["image.*"])");
        co_await publish(*bus, "image.uploaded", "eve");
        co_await testing::eventually([&] { return receiver.bodies.size() == 1; });
        const auto demotion = [&](std::string role, std::string status) {
            return bus->send({.verb = http::Verb::post,
                              .target = "/events/publish",
                              .token = "service:auth-service",
                              .body = R"({"type": "user.updated", "user_id": "root", "data": {"role": ")" + role +
                                      R"(", "status": ")" + status + "\"}}"});
        };

        co_await demotion("user", "active");
        co_await publish(*bus, "image.uploaded", "eve");
        co_await publish(*bus, "image.deleted", "root");
        const bool own = co_await testing::eventually([&] { return receiver.bodies.size() == 2; });
        co_await demotion("user", "suspended");
        co_await publish(*bus, "image.deleted", "root");
        const bool held = co_await testing::eventually([&] {
            return servers.database.query("SELECT next_attempt_at > now() + interval '30 seconds' FROM bus.subscriptions") ==
                   "t";
        });

        EXPECT_TRUE(own && held);
        EXPECT_EQ(json::parse(receiver.bodies.at(1)).value().at("type"), json::Value("image.deleted"));
        EXPECT_EQ(receiver.bodies.size(), 2U);
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, BelongToWhoMadeThemAndEndWhenTheReceiverIsGone) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        receiver.status = 410;
        const auto bus = start_bus(runtime, servers);
        const auto made = co_await subscribe(*bus, receiver, ada, R"(["*"])");
        const auto path = "/events/subscriptions/" + text_in(made, "id");
        co_await publish(*bus, "image.uploaded", "ada");
        const bool disabled = co_await testing::eventually(
            [&] { return servers.database.query("SELECT status FROM bus.subscriptions") == "disabled"; });

        const auto listed_by = [&](std::string who) {
            return bus->send({.target = "/events/subscriptions", .token = std::move(who)});
        };
        const auto to_admin = co_await listed_by(admin);
        const auto to_eve = co_await listed_by("user:eve:user");
        const auto foreign = co_await bus->send({.verb = http::Verb::del, .target = path, .token = "user:eve:user"});
        const auto guest = co_await bus->send({.target = "/events/subscriptions", .token = "user:gus:guest"});
        const auto bad = co_await bus->send({.verb = http::Verb::post,
                                             .target = "/events/subscriptions",
                                             .token = ada,
                                             .body = R"({"url": "ftp://example.org", "event_types": ["Image!"]})"});
        const auto removed = co_await bus->send({.verb = http::Verb::del, .target = path, .token = ada});

        EXPECT_TRUE(disabled);
        EXPECT_EQ(testing::data_of(to_admin).at("pagination").at("total"), json::Value(1));
        EXPECT_EQ(testing::data_of(to_eve).at("pagination").at("total"), json::Value(0));
        EXPECT_EQ(foreign.status, 404);
        EXPECT_EQ(guest.status, 403);
        EXPECT_EQ(bad.status, 422);
        EXPECT_EQ(removed.status, 200);
        co_await receiver.stop();
        co_await bus->stop();
    });
}

}  // namespace
}  // namespace darkroom::event_bus
