// The consumer on a real database and a real Redis, reading from a store that the test controls.
#include "platform/bus/checkpoints.hpp"
#include "platform/bus/consumer.hpp"
#include "platform/redis/client.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace darkroom::bus {
namespace {

using testing::PgDatabase;
using testing::RedisServer;

// No unique key: a repeated effect must show.
constexpr EmbeddedFile effects_migration{
    "0002_effects.sql", "CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, position bigint NOT NULL)"};
constexpr std::array effects_migrations{effects_migration};

PgDatabase a_database() {
    return PgDatabase("reader", {migrations(), std::span<const EmbeddedFile>(effects_migrations)});
}

struct NumberTold {
    static constexpr std::string_view type = "number.told";
    int number = 0;
};
BOOST_DESCRIBE_STRUCT(NumberTold, (), (number))

/// Stands for the bus's store and its publishing.
struct Log {
    std::vector<Envelope> events;
    int outages = 0;
    int reads = 0;

    const Envelope& store(std::string_view type, int number) {
        Envelope event;
        event.id = new_uuid();
        event.position = static_cast<std::int64_t>(events.size()) + 1;
        event.type = std::string(type);
        event.source = "test";
        event.timestamp = now();
        event.data = R"({"number":)" + std::to_string(number) + '}';
        return events.emplace_back(std::move(event));
    }
    std::int64_t head() const { return static_cast<std::int64_t>(events.size()); }
};

awaitable<Page> read(Log& log, std::int64_t after, std::int64_t limit) {
    ++log.reads;
    if (log.outages > 0) {
        --log.outages;
        fail({Kind::unavailable, "event_bus_unavailable", "away"});
    }
    Page page;
    page.head = log.head();
    for (auto position = after + 1; position <= log.head() && position <= after + limit; ++position) {
        page.events.push_back(log.events[static_cast<std::size_t>(position - 1)]);
    }
    page.next_after = page.events.empty() ? after : page.events.back().position;
    co_return page;
}

Fetcher fetcher_for(Log& log) {
    return [&log](std::int64_t after, std::int64_t limit) { return read(log, after, limit); };
}

constexpr pg::Query insert_effect{"effects.insert", "INSERT INTO effects (position) VALUES ($1)"};
constexpr pg::Query list_effects{"effects.list", "SELECT position FROM effects ORDER BY n"};

/// The service under test: one effect per event, and failures on demand.
class Reader {
public:
    awaitable<> told(pg::Transaction& transaction, NumberTold event, Envelope envelope) {
        co_await transaction.execute(insert_effect, envelope.position);
        if (event.number < 0) throw std::runtime_error("cannot stomach negative numbers");
        if (std::exchange(fail_once, false)) throw std::runtime_error("hiccup");
        if (outages > 0) {
            --outages;
            fail({Kind::unavailable, "upstream_unavailable", "somebody is away"});
        }
    }

    bool fail_once = false;
    int outages = 0;
};

ConsumerOptions quick_options() {
    return {.name = "reader",
            .page = 7,
            .poll_without_redis = 50ms,
            .poll_with_redis = 30s,
            .max_attempts = 3,
            .first_backoff = 1ms,
            .max_backoff = 5ms,
            .checkpoint_interval = 20ms};
}

struct House {
    House(Runtime& runtime, PgDatabase& database, RedisServer& server, ConsumerOptions options = quick_options())
        : pool(runtime.executor(), runtime.cpu(), {.url = database.url()}),
          subscriber(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(server.url()).value()}),
          redis(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(server.url()).value()}),
          consumer(runtime.executor(), pool, subscriber, fetcher_for(log), std::move(options),
                   {on<NumberTold>(reader, &Reader::told)}),
          group(runtime.executor()) {}

    void start() {
        group.spawn("consumer", consumer.run());
        subscriber.start();
    }

    void publish(const Envelope& event) {
        redis.send({"PUBLISH", events_channel, std::to_string(event.position) + ' ' + to_json(event)});
    }
    void publish_head() { redis.send({"PUBLISH", events_channel, "H " + std::to_string(log.head())}); }

    awaitable<bool> reaches(std::int64_t position) {
        return testing::eventually([this, position] { return consumer.stats().position >= position; });
    }

    Log log;
    Reader reader;
    pg::Pool pool;
    redis::Subscriber subscriber;
    redis::Client redis;
    Consumer consumer;
    TaskGroup group;
};

std::vector<std::int64_t> from_one_to(std::int64_t last) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(last));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}

struct Servers {
    PgDatabase database = a_database();
    RedisServer redis;
};

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
