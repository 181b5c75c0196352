// A consumer on a real database and a real Redis, reading from a store that the test controls.
#pragma once

#include "platform/bus/consumer.hpp"
#include "platform/redis/client.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace darkroom::bus::consumer_test {

using testing::PgDatabase;
using testing::RedisServer;

// No unique key: a repeated effect must show.
inline constexpr EmbeddedFile effects_migration{
    "0002_effects.sql", "CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, position bigint NOT NULL)"};
inline constexpr std::array effects_migrations{effects_migration};

inline PgDatabase a_database() {
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

inline awaitable<Page> read(Log& log, std::int64_t after, std::int64_t limit) {
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

inline Fetcher fetcher_for(Log& log) {
    return [&log](std::int64_t after, std::int64_t limit) { return read(log, after, limit); };
}

inline constexpr pg::Query insert_effect{"effects.insert", "INSERT INTO effects (position) VALUES ($1)"};
inline constexpr pg::Query list_effects{"effects.list", "SELECT position FROM effects ORDER BY n"};

/// The service under test: one effect per event, and failures on demand.
class Reader {
public:
    awaitable<> told(pg::Transaction& transaction, NumberTold event, Envelope envelope) {
        co_await transaction.execute(insert_effect, envelope.position);
        if (event.number < 0 && !stomachs_all) throw std::runtime_error("cannot stomach negative numbers");
        if (std::exchange(fail_once, false)) throw std::runtime_error("hiccup");
        if (outages > 0) {
            --outages;
            fail({Kind::unavailable, "upstream_unavailable", "somebody is away"});
        }
    }

    bool fail_once = false;
    bool stomachs_all = false;
    int outages = 0;
};

inline ConsumerOptions quick_options() {
    return {.name = "reader",
            .page = 7,
            .poll_without_redis = 50ms,
            .poll_with_redis = 30s,
            .max_attempts = 3,
            .first_backoff = 1ms,
            .max_backoff = 5ms,
            .checkpoint_interval = 20ms,
            .report_moving = 20ms,
            .report_idle = 100ms};
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

inline std::vector<std::int64_t> from_one_to(std::int64_t last) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(last));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}

struct Servers {
    PgDatabase database = a_database();
    RedisServer redis;
};

}  // namespace darkroom::bus::consumer_test
