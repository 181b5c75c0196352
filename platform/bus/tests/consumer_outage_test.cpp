// What a consumer does while handlers fail, servers are away and another copy runs.
#include "platform/bus/tests/consumer_test_support.hpp"

namespace darkroom::bus {
namespace {

using namespace consumer_test;

TEST(Consumer, WorksByPollingWhileRedisIsAway) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            s.redis.kill();
            house.start();

            for (int i = 0; i < 5; ++i) house.log.store("number.told", i);
            const bool first = co_await house.reaches(5);
            for (int i = 5; i < 10; ++i) house.log.store("number.told", i);
            const bool second = co_await house.reaches(10);

            EXPECT_TRUE(first && second);
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, LosingRedisInTheMiddleOfAWaitIsNoticedAtOnce) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            auto options = quick_options();
            options.poll_with_redis = 30s;
            House house(runtime, s.database, s.redis, options);
            house.start();
            const bool connected = co_await testing::eventually([&house] { return house.subscriber.connected(); });
            testing::require(connected, "subscribed");
            s.redis.kill();
            co_await testing::eventually([&house] { return !house.subscriber.connected(); });

            house.log.store("number.told", 1);
            const bool reached = co_await house.reaches(1);

            EXPECT_TRUE(reached) << "the long wait of a connected consumer went on";
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, CatchesUpWhenRedisComesBack) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            auto options = quick_options();
            options.poll_without_redis = 30s;
            House house(runtime, s.database, s.redis, options);
            house.start();
            const bool connected = co_await testing::eventually([&house] { return house.subscriber.connected(); });
            testing::require(connected, "subscribed");
            s.redis.kill();
            co_await testing::eventually([&house] { return !house.subscriber.connected(); });

            for (int i = 0; i < 5; ++i) house.log.store("number.told", i);
            s.redis.start();
            const bool reached = co_await house.reaches(5);

            EXPECT_TRUE(reached) << "subscribing anew asks the store";
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, RollsEffectAndCheckpointBackTogetherAndTriesAgain) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            house.reader.fail_once = true;
            // More than max_attempts: an outage elsewhere never parks an event.
            house.reader.outages = 10;
            for (int i = 0; i < 5; ++i) house.log.store("number.told", i);
            house.start();

            const bool reached = co_await house.reaches(5);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(reached);
            EXPECT_EQ(effects, from_one_to(5));
            EXPECT_EQ(house.consumer.stats().dead_lettered, 0U);
            EXPECT_EQ(house.consumer.stats().retried, 11U);
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, ParksAnEventThatFailsForGoodAndGoesOn) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            for (const int number : {1, -1, 2}) house.log.store("number.told", number);
            house.log.events[2].data = R"({"number":"three"})";
            house.log.store("number.told", 4);
            house.start();

            const bool reached = co_await house.reaches(4);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(reached);
            EXPECT_EQ(effects, (std::vector<std::int64_t>{1, 4}));
            EXPECT_EQ(s.database.query("SELECT string_agg(position || ':' || attempts || ':' || error, ', ' ORDER BY id) "
                                       "FROM reader.dead_letters"),
                      "2:3:cannot stomach negative numbers, 3:3:number: must be a whole number");
            co_await house.group.stop(5s);
        },
        servers);
}

awaitable<> disturb(PgDatabase& database, RedisServer& server, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        co_await pause_for(60ms);
        database.disconnect_everybody();
        if (i == rounds / 2) {
            server.kill();
            server.start();
        }
    }
}

TEST(Consumer, ASecondCopyAndBrokenConnectionsRepeatNothingAndLoseNothing) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            redis::Subscriber second_subscriber(runtime.executor(), runtime.cpu(),
                                                {.url = redis::Url::parse(s.redis.url()).value()});
            Consumer second(runtime.executor(), house.pool, second_subscriber, fetcher_for(house.log), quick_options(),
                            {on<NumberTold>(house.reader, &Reader::told)});
            house.start();
            house.group.spawn("second", second.run());
            second_subscriber.start();
            TaskGroup disturbances(runtime.executor());
            disturbances.spawn("disturb", disturb(s.database, s.redis, 6));

            for (int i = 0; i < 1000; ++i) {
                house.publish(house.log.store(i % 5 == 0 ? "other.event" : "number.told", i));
                if (i % 10 == 0) co_await pause_for(4ms);
            }
            co_await disturbances.drain(10s);
            house.publish_head();
            const auto done = [&] { return house.consumer.stats().position >= 1000 && second.stats().position >= 1000; };
            const bool reached = co_await testing::eventually(done, 30s);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);
            co_await house.group.stop(5s);

            EXPECT_TRUE(reached);
            std::vector<std::int64_t> expected;
            for (std::int64_t i = 0; i < 1000; ++i) {
                if (i % 5 != 0) expected.push_back(i + 1);
            }
            EXPECT_EQ(effects, expected);
            EXPECT_GT(house.consumer.stats().applied, 0U);
        },
        servers);
}

}  // namespace
}  // namespace darkroom::bus
