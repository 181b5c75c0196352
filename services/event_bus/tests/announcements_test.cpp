// What was stored is announced, also when the writer that stored it could not.
#include "platform/bus/consumer.hpp"
#include "services/event_bus/tests/event_bus_fixture.hpp"

#include <gmock/gmock.h>

namespace darkroom::event_bus {
namespace {

/// Everything said on the events' channel.
struct Ears {
    Ears(Runtime& runtime, Servers& servers)
        : subscriber(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(servers.redis.url()).value()}) {
        subscriber.subscribe(bus::events_channel, [this](std::string_view payload) { heard.emplace_back(payload); });
        subscriber.start();
    }
    awaitable<bool> hear(std::string wanted) {
        return testing::eventually([this, wanted] { return std::ranges::find(heard, wanted) != heard.end(); });
    }

    std::vector<std::string> heard;
    redis::Subscriber subscriber;
};

/// Stored as by a writer that died right after its commit.
void store_silently(testing::PgDatabase& database, const std::string& id) {
    database.query("SELECT bus.append((SELECT epoch FROM bus.head), ARRAY['" + id +
                   "'], ARRAY['a.b'], ARRAY['test'], ARRAY[now()], ARRAY['{}'], ARRAY['c'], ARRAY[NULL])");
}

TEST(Announcements, AStoredEventIsPublishedWithItsPositionAndThenTheHead) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            Ears ears(runtime, all);
            const auto bus = start_bus(runtime, all);
            co_await testing::eventually([&ears] { return ears.subscriber.connected(); });

            const auto published = co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":{"n":1.50}})"));
            const bool head = co_await ears.hear("H 1");
            co_await bus->stop();

            EXPECT_EQ(published.status, 200);
            EXPECT_TRUE(head);
            EXPECT_THAT(ears.heard, ::testing::Contains(::testing::AllOf(::testing::StartsWith("1 {"),
                                                                         ::testing::HasSubstr(R"("data":{"n":1.50})"))));
        },
        servers);
}

TEST(Announcements, ARestartedBusTellsTheHeadItFinds) {
    Servers servers;
    store_silently(servers.database, "e-1");
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            Ears ears(runtime, all);
            const auto bus = start_bus(runtime, all);

            const bool told = co_await ears.hear("H 1");
            co_await bus->stop();

            EXPECT_TRUE(told);
        },
        servers);
}

TEST(Announcements, ACommitWhoseAnswerWasLostIsToldOnceTheDatabaseIsBack) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            Ears ears(runtime, all);
            const auto bus = start_bus(runtime, all);
            co_await bus->send(publish_request(R"({"id":"e-1","type":"a.b","data":{}})"));
            // Committed, but the writer never learns it; what it sends next fails.
            store_silently(all.database, "e-2");
            all.database.accept_connections(false);
            const auto refused = co_await bus->send(publish_request(R"({"id":"e-2","type":"a.b","data":{}})"));
            all.database.accept_connections(true);

            const bool told = co_await ears.hear("H 2");
            co_await bus->stop();

            EXPECT_EQ(refused.status, 503);
            EXPECT_TRUE(told);
        },
        servers);
}

}  // namespace
}  // namespace darkroom::event_bus
