// In order, each exactly once.
#include "platform/bus/checkpoints.hpp"
#include "platform/bus/tests/consumer_test_support.hpp"

namespace darkroom::bus {
namespace {

using namespace consumer_test;

TEST(Consumer, BeginsAtTheFirstEventAndGoesOnLive) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            for (int i = 0; i < 20; ++i) house.log.store("number.told", i);
            house.start();
            const bool stored = co_await house.reaches(20);
            co_await testing::eventually([&house] { return house.subscriber.connected() && house.redis.connected(); });
            co_await house.consumer.catch_up(5s);
            const auto reads = house.log.reads;

            for (int i = 20; i < 40; ++i) house.publish(house.log.store("number.told", i));
            const bool live = co_await house.reaches(40);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(stored && live);
            EXPECT_EQ(effects, from_one_to(40));
            EXPECT_LE(house.log.reads, reads + 1) << "live events need no reading of the store";
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, FillsGapsAndNoticesALostLastMessage) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            house.start();
            co_await testing::eventually([&house] { return house.subscriber.connected() && house.redis.connected(); });

            for (int i = 0; i < 30; ++i) {
                const auto& event = house.log.store("number.told", i);
                if (i % 3 != 1) house.publish(event);
                if (i % 4 == 0) house.publish(event);
            }
            house.log.store("number.told", 30);
            house.publish_head();
            const bool reached = co_await house.reaches(31);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(reached);
            EXPECT_EQ(effects, from_one_to(31));
            EXPECT_GT(house.consumer.stats().gaps, 0U);
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, PassesOverTypesItDoesNotKnowAndRemembersThat) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            for (int i = 0; i < 50; ++i) house.log.store("other.event", i);
            house.start();

            const bool reached = co_await house.reaches(50);
            const auto written = [&s] { return s.database.query("SELECT position FROM reader.checkpoints") == "50"; };
            const bool remembered = co_await testing::eventually(written);

            EXPECT_TRUE(reached && remembered);
            EXPECT_EQ(house.consumer.stats().applied, 0U);
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(Consumer, AnEventStoredTwiceHasOneEffect) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            auto again = house.log.store("number.told", 1);
            again.position = 2;
            house.log.events.push_back(again);
            house.start();

            const bool reached = co_await house.reaches(2);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(reached);
            EXPECT_EQ(effects, (std::vector<std::int64_t>{1}));
            co_await house.group.stop(5s);
        },
        servers);
}

// The inbox alone would keep effects from being repeated; the order of effects rests on this.

TEST(Checkpoint, MovesOnlyFromWhereTheCallerSawIt) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = s.database.url()});
            const auto start = co_await checkpoints::load(pool, "reader");
            auto first = co_await pool.begin();
            const bool moved = co_await checkpoints::advance(first, "reader", start, 5);
            co_await first.commit();
            auto second = co_await pool.begin();
            const bool moved_again = co_await checkpoints::advance(second, "reader", start, 3);
            co_await second.commit();
            const auto end = co_await checkpoints::load(pool, "reader");

            EXPECT_EQ(start, 0);
            EXPECT_TRUE(moved);
            EXPECT_FALSE(moved_again);
            EXPECT_EQ(end, 5);
        },
        servers);
}

TEST(Consumer, CatchUpReturnsOnceEverythingStoredBeforeIsApplied) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            auto options = quick_options();
            options.poll_without_redis = 30s;
            House house(runtime, s.database, s.redis, options);
            s.redis.kill();
            house.start();
            co_await house.consumer.catch_up(5s);

            for (int i = 0; i < 20; ++i) house.log.store("number.told", i);
            const bool caught_up = co_await house.consumer.catch_up(5s);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);
            house.log.outages = 1000;
            const bool without_bus = co_await house.consumer.catch_up(100ms);

            EXPECT_TRUE(caught_up);
            EXPECT_EQ(effects, from_one_to(20));
            EXPECT_FALSE(without_bus);
            co_await house.group.stop(5s);
        },
        servers);
}

}  // namespace
}  // namespace darkroom::bus
