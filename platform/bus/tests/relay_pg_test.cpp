// The outbox and its relay on a real database, with a bus that can be broken at will.
#include "platform/bus/outbox_reports.hpp"
#include "platform/bus/relay.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::bus {
namespace {

using testing::PgDatabase;

struct NumberTold {
    static constexpr std::string_view type = "number.told";
    int number = 0;
};
BOOST_DESCRIBE_STRUCT(NumberTold, (), (number))

PgDatabase a_database() {
    return PgDatabase("shop", {migrations()});
}

/// Stands for the event bus: acknowledges, refuses, or takes the events and loses the answer.
struct FakeBus {
    std::vector<Envelope> received;
    int outages = 0;
    int lost_answers = 0;
    std::string refused_id;

    std::vector<std::string> ids() const {
        std::vector<std::string> list;
        for (const auto& event : received) list.push_back(event.id);
        return list;
    }
};

awaitable<> deliver(FakeBus& bus, std::vector<Envelope> batch) {
    co_await pause_for(1ms);
    if (bus.outages > 0) {
        --bus.outages;
        fail({Kind::unavailable, "event_bus_unavailable", "away"});
    }
    for (const auto& event : batch) {
        if (event.id == bus.refused_id) fail({Kind::invalid, "event_refused", "too odd"});
    }
    bus.received.insert(bus.received.end(), batch.begin(), batch.end());
    if (bus.lost_answers > 0) {
        --bus.lost_answers;
        fail({Kind::upstream_failed, "upstream_failed", "connection lost"});
    }
}

Publisher publisher_for(FakeBus& bus) {
    return [&bus](std::vector<Envelope> batch) { return deliver(bus, std::move(batch)); };
}

RelayOptions options_for(const PgDatabase& database) {
    return {.database_url = database.url(), .batch = 10, .poll = 30s, .first_backoff = 5ms, .max_backoff = 20ms};
}

constexpr pg::Query count_outbox{"test.count_outbox", "SELECT count(*) FROM outbox"};

awaitable<std::string> tell(pg::Pool& pool, int number, bool commit = true) {
    const NumberTold event{number};
    auto envelope = make_envelope(event, {"shop", "correlation", "user-1"});
    auto id = envelope.id;
    auto transaction = co_await pool.begin();
    co_await outbox::append(transaction, std::move(envelope));
    if (commit) co_await transaction.commit();
    co_return id;
}

awaitable<> run_relay(Relay& relay) {
    co_await relay.run();
}

/// What every test needs.
struct Shop {
    Shop(Runtime& runtime, PgDatabase& database)
        : pool(runtime.executor(), runtime.cpu(), {.url = database.url()}),
          relay(runtime, pool, publisher_for(bus), options_for(database)),
          group(runtime.executor()) {}

    FakeBus bus;
    pg::Pool pool;
    Relay relay;
    TaskGroup group;
};

TEST(Outbox, AnEventIsPromisedOnlyByACommittedTransaction) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);

            co_await tell(shop.pool, 1, false);
            const auto kept = co_await tell(shop.pool, 2);
            const auto sent = co_await shop.relay.send_batch();

            EXPECT_EQ(sent, 1U);
            EXPECT_EQ(shop.bus.ids(), std::vector{kept});
            EXPECT_EQ(shop.bus.received.at(0).data, R"({"number":2})");
            EXPECT_EQ(shop.bus.received.at(0).user_id, "user-1");
            EXPECT_EQ(shop.bus.received.at(0).correlation_id, "correlation");
        },
        database);
}

TEST(Relay, IsWokenByTheCommitAndKeepsTheOrder) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            shop.group.spawn("relay", run_relay(shop.relay));
            std::vector<std::string> expected;
            expected.push_back(co_await tell(shop.pool, 0));
            const bool first = co_await testing::eventually([&shop] { return shop.bus.received.size() == 1; });
            testing::require(first, "the relay runs");

            // Its next poll is half a minute away: only notifications can wake it in time.
            for (int i = 1; i < 100; ++i) expected.push_back(co_await tell(shop.pool, i));
            const bool all = co_await testing::eventually([&shop] { return shop.bus.received.size() >= 100; }, 5s);
            const bool emptied = co_await testing::eventually([&shop] { return shop.relay.sent() == 100; });
            const auto left = co_await shop.pool.one<std::int64_t>(count_outbox);
            co_await shop.group.stop(5s);

            EXPECT_TRUE(all && emptied);
            EXPECT_EQ(shop.bus.ids(), expected);
            EXPECT_EQ(left, 0);
        },
        database);
}

TEST(Relay, SendsAgainWithTheSameIdsUntilAcknowledged) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            shop.bus.outages = 3;
            shop.bus.lost_answers = 1;
            const auto first = co_await tell(shop.pool, 1);
            const auto second = co_await tell(shop.pool, 2);
            shop.group.spawn("relay", run_relay(shop.relay));

            const bool sent = co_await testing::eventually([&shop] { return shop.relay.sent() == 2; });
            co_await shop.group.stop(5s);

            EXPECT_TRUE(sent);
            EXPECT_EQ(shop.bus.ids(), (std::vector{first, second, first, second}));
        },
        database);
}

TEST(Relay, ParksARefusedEventAndGoesOn) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            const auto first = co_await tell(shop.pool, 1);
            shop.bus.refused_id = co_await tell(shop.pool, 2);
            const auto third = co_await tell(shop.pool, 3);

            co_await shop.relay.send_batch();
            const auto left = co_await shop.pool.one<std::int64_t>(count_outbox);

            EXPECT_EQ(shop.bus.ids(), (std::vector{first, third}));
            EXPECT_EQ(left, 0);
            EXPECT_EQ(db.query("SELECT consumer || ' ' || error FROM shop.dead_letters"), "outbox too odd");
            EXPECT_EQ(db.query("SELECT event_id FROM shop.dead_letters"), shop.bus.refused_id);
        },
        database);
}

awaitable<ReportAnswer> take_report(ReportAnswer& answer, std::vector<std::string>& said, std::string consumer,
                                    ConsumerReport report) {
    auto text = consumer + ':';
    for (const auto& letter : report.dead_letters) text += ' ' + letter.event_id + ' ' + letter.error;
    if (said.empty() || said.back() != text) said.push_back(std::move(text));
    answer.replay.clear();
    for (const auto& letter : report.dead_letters) answer.replay.push_back(letter.id);
    co_return answer;
}

TEST(OutboxReports, TellOfWhatWasRefusedAndAReplaySendsItAgain) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            const auto odd = co_await tell(shop.pool, 1);
            shop.bus.refused_id = odd;
            co_await shop.relay.send_batch();
            shop.bus.refused_id.clear();
            ReportAnswer answer;
            std::vector<std::string> said;
            const Reporter reporter = [&](std::string consumer, ConsumerReport report) {
                return take_report(answer, said, std::move(consumer), std::move(report));
            };

            shop.group.spawn("reports", keep_reporting_outbox(shop.pool, reporter, "shop-service", 5ms));
            const bool told = co_await testing::eventually([&said] { return said.size() >= 2; });
            const auto sent = co_await shop.relay.send_batch();
            co_await shop.group.stop(5s);

            EXPECT_TRUE(told);
            EXPECT_EQ(said, (std::vector<std::string>{"shop-service-outbox: " + odd + " too odd", "shop-service-outbox:"}));
            testing::require(sent == 1, "it is sent again");
            EXPECT_EQ(shop.bus.ids(), std::vector{odd});
            EXPECT_EQ(shop.bus.received.front().data, R"({"number":1})");
            EXPECT_EQ(db.query("SELECT count(*) FROM shop.dead_letters"), "0");
        },
        database);
}

TEST(Relay, TwoInstancesNeitherOvertakeNorRepeatEachOther) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            auto options = options_for(db);
            options.poll = 20ms;
            Relay other(runtime, shop.pool, publisher_for(shop.bus), options);
            std::vector<std::string> expected;
            shop.group.spawn("relay", run_relay(shop.relay));
            shop.group.spawn("other", run_relay(other));

            for (int i = 0; i < 300; ++i) expected.push_back(co_await tell(shop.pool, i));
            const bool all = co_await testing::eventually([&] { return shop.relay.sent() + other.sent() == 300; });
            co_await shop.group.stop(5s);

            EXPECT_TRUE(all);
            EXPECT_EQ(shop.bus.ids(), expected);
        },
        database);
}

TEST(Relay, SurvivesALostDatabaseConnection) {
    auto database = a_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Shop shop(runtime, db);
            shop.group.spawn("relay", run_relay(shop.relay));
            co_await tell(shop.pool, 1);
            const bool first = co_await testing::eventually([&shop] { return shop.relay.sent() == 1; });
            testing::require(first, "the relay runs");

            db.disconnect_everybody();
            db.query(
                "INSERT INTO shop.outbox (id, type, source, created_at, data, correlation_id) "
                "VALUES ('e-2', 't', 's', now(), '{}', 'c')");
            const bool second = co_await testing::eventually([&shop] { return shop.relay.sent() == 2; });
            co_await shop.group.stop(5s);

            EXPECT_TRUE(second);
            EXPECT_EQ(shop.bus.received.back().id, "e-2");
        },
        database);
}

}  // namespace
}  // namespace darkroom::bus
