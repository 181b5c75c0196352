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
    explicit Receiver(Runtime& runtime) : let_go(runtime.executor()), server_(runtime, {}, *this) { server_.listen(); }

    awaitable<> handle(http::Exchange& exchange) override {
        auto body = co_await http::read_all(exchange.body(), 1'000'000);
        heads.push_back(exchange.request());
        bodies.push_back(std::move(body));
        ++waiting;
        most_waiting = std::max(most_waiting, waiting);
        while (holding) co_await let_go.wait_for(1s);
        --waiting;
        co_await exchange.respond({.status = status});
    }
    /// Answers what waits, and from now on at once.
    void answer() {
        holding = false;
        let_go.notify();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/hook"; }
    awaitable<> stop() { return server_.drain(200ms); }

    int status = 204;
    /// While it is, no request is answered.
    bool holding = false;
    int waiting = 0;
    int most_waiting = 0;
    Notifier let_go;
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

/// Every event is a dead letter of every webhook, and wanted again.
void ask_for_all_again(Servers& servers) {
    servers.database.query(
        "INSERT INTO bus.dead_letters (consumer, letter_id, event_id, event_type, position, user_id, error, attempts, "
        "created_at, replay_requested_at) SELECT 'webhook:' || s.id, e.id, e.id, e.type, e.position, 'ada', 'away', 9, now(), "
        "now() FROM bus.subscriptions s, bus.events e");
}

/// Counts the statements that change subscriptions from now on.
void count_updates(Servers& servers) {
    servers.database.query("CREATE SEQUENCE bus.updates");
    servers.database.query(R"(CREATE FUNCTION bus.count_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                              AS 'BEGIN PERFORM nextval(''bus.updates''); RETURN NULL; END')");
    servers.database.query(R"(CREATE TRIGGER counted AFTER UPDATE ON bus.subscriptions
                              FOR EACH STATEMENT EXECUTE FUNCTION bus.count_update())");
}

// Nobody's webhook wants what is stored: that must cost two statements a look (pass over, take), not some for each webhook and
// event.
TEST(Webhooks, WithoutNewsArePassedOverTogetherAndNotForEachEvent) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr int events = 40;
        constexpr auto look_pause = 50ms;
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        for (int i = 0; i < 5; ++i) co_await subscribe(*bus, receiver, ada, R"(["*"])");
        for (int i = 0; i < 5; ++i) co_await subscribe(*bus, receiver, admin, R"(["image_x.*"])");
        const auto at_head = [&] {
            return servers.database.query(
                       "SELECT count(*) FROM bus.subscriptions, bus.head h "
                       "WHERE subscriptions.position = h.position AND leased_until IS NULL") == "10";
        };
        count_updates(servers);
        const auto began = SteadyClock::now();

        // Not the owner's, and for the admin the underscore stands for itself alone.
        for (int i = 0; i < events; ++i) co_await publish(*bus, "imageyx.uploaded", "eve");
        const bool passed = co_await testing::eventually(at_head);
        const auto looks = (SteadyClock::now() - began) / look_pause + 2;
        const auto updates = std::stoll(servers.database.query("SELECT last_value FROM bus.updates"));

        EXPECT_TRUE(passed);
        EXPECT_LE(updates, 2 * looks);
        EXPECT_TRUE(receiver.bodies.empty());
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, AreServedFourAtATimeAndTheNextWhenOneHasEnded) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        receiver.holding = true;
        const auto bus = start_bus(runtime, servers);
        for (int i = 0; i < 6; ++i) co_await subscribe(*bus, receiver, ada, R"(["*"])");

        co_await publish(*bus, "image.uploaded", "ada");
        const bool four = co_await testing::eventually([&] { return receiver.waiting == 4; });
        receiver.answer();
        const bool all = co_await testing::eventually([&] { return receiver.bodies.size() == 6; });

        EXPECT_TRUE(four && all);
        EXPECT_EQ(receiver.most_waiting, 4);
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, GetNewsBetweenManyReplays) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr std::size_t letters = 25;
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        for (std::size_t i = 0; i < letters; ++i) co_await publish(*bus, "image.uploaded", "ada");
        co_await subscribe(*bus, receiver, ada, R"(["*"])");
        receiver.holding = true;
        ask_for_all_again(servers);
        const bool began = co_await testing::eventually([&] { return receiver.waiting == 1; });

        co_await publish(*bus, "image.deleted", "ada");
        receiver.answer();
        const bool all = co_await testing::eventually([&] { return receiver.bodies.size() == letters + 1; });
        const auto given_back = [&] {
            return servers.database.query("SELECT count(*) FROM bus.subscriptions WHERE leased_until IS NULL") == "1" &&
                   servers.database.query("SELECT count(*) FROM bus.dead_letters") == "0";
        };
        const bool free = co_await testing::eventually(given_back);

        EXPECT_TRUE(began && all && free);
        const auto is_news = [](const std::string& body) { return body.find("image.deleted") != std::string::npos; };
        const auto news = std::ranges::find_if(receiver.bodies, is_news) - receiver.bodies.begin();
        EXPECT_LT(news, 10) << "a batch is ten, and news have their part in it";
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, DoNotReplayWhatTheirOwnerMayNotSeeAnyMore) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        co_await publish(*bus, "image.uploaded", "eve");
        co_await subscribe(*bus, receiver, ada, R"(["*"])");
        ask_for_all_again(servers);

        const bool refused = co_await testing::eventually([&] {
            return servers.database.query("SELECT error FROM bus.dead_letters WHERE replay_requested_at IS NULL") ==
                   "the owner may not see it any more";
        });

        EXPECT_TRUE(refused);
        EXPECT_TRUE(receiver.bodies.empty());
        co_await receiver.stop();
        co_await bus->stop();
    });
}

TEST(Webhooks, AreSignedWithBothSecretsForADayAfterARotation) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Servers servers;
        Receiver receiver(runtime);
        const auto bus = start_bus(runtime, servers);
        const auto made = co_await subscribe(*bus, receiver, ada, R"(["*"])");
        const auto path = "/events/subscriptions/" + text_in(made, "id") + "/rotate-secret";
        const auto rotate_by = [&](std::string who) {
            return bus->send({.verb = http::Verb::post, .target = path, .token = std::move(who)});
        };
        const auto signature_by = [&](std::size_t delivery, const json::Value& secret_of) {
            const auto& headers = receiver.heads.at(delivery).headers;
            const auto timestamp = std::stoll(std::string(headers.get("webhook-timestamp")));
            return webhook_signature(text_in(secret_of, "secret"), headers.get("webhook-id"), timestamp,
                                     receiver.bodies.at(delivery));
        };
        const auto deliver = [&](std::size_t count) {
            return testing::eventually([&receiver, count] { return receiver.bodies.size() == count; });
        };

        const auto answered = co_await rotate_by(ada);
        const auto rotated = testing::data_of(answered);
        co_await publish(*bus, "image.uploaded", "ada");
        const bool in_its_day = co_await deliver(1);
        servers.database.query("UPDATE bus.subscriptions SET previous_secret_until = now()");
        co_await publish(*bus, "image.deleted", "ada");
        const bool after = co_await deliver(2);
        const auto kept = servers.database.query("SELECT count(previous_secret) FROM bus.subscriptions");
        const auto foreign = co_await rotate_by("user:eve:user");
        const auto by_admin = co_await rotate_by(admin);

        EXPECT_TRUE(in_its_day && after);
        EXPECT_NE(text_in(rotated, "secret"), text_in(made, "secret"));
        EXPECT_EQ(answered.headers.get("Cache-Control"), "no-store");
        EXPECT_EQ(receiver.heads.at(0).headers.get("webhook-signature"),
                  signature_by(0, rotated) + ' ' + signature_by(0, made));
        EXPECT_EQ(receiver.heads.at(1).headers.get("webhook-signature"), signature_by(1, rotated));
        EXPECT_EQ(kept, "0");
        const auto until = parse_rfc3339(text_in(rotated, "previous_secret_until")).value();
        EXPECT_GT(until, now() + 23h);
        EXPECT_LT(until, now() + 25h);
        EXPECT_EQ(foreign.status, 404);
        EXPECT_EQ(by_admin.status, 404) << "the secret is its owner's alone";
        co_await receiver.stop();
        co_await bus->stop();
    });
}

}  // namespace
}  // namespace darkroom::event_bus
