// What callers see when the server goes away, and how the pool comes back.
#include "platform/pg/listener.hpp"
#include "platform/pg/pool.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

#include <set>

namespace darkroom::pg {
namespace {

using testing::PgDatabase;

constexpr EmbeddedFile log_migration{"0001_log.sql", "CREATE TABLE entries (n bigint PRIMARY KEY)"};
constexpr std::array log_migrations{log_migration};
constexpr Query insert_entry{"log.insert", "INSERT INTO entries (n) VALUES ($1)"};
constexpr Query count_entries{"log.count", "SELECT count(*) FROM entries"};
constexpr Query sleep_long{"test.sleep", "SELECT pg_sleep(30)"};

PgDatabase a_log_database() {
    return PgDatabase("log", {std::span<const EmbeddedFile>(log_migrations)});
}

PoolOptions options_for(const PgDatabase& database) {
    return {.url = database.url(), .connections = 3};
}

/// The code of the Failure it ends with; "" when it went well.
template <class T>
awaitable<std::string> code_of(awaitable<T> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    }
    co_return "";
}

awaitable<bool> works_again(Pool& pool) {
    const auto code = co_await code_of(pool.execute(count_entries));
    co_return code.empty();
}

awaitable<> note_code(awaitable<std::int64_t> work, std::string& code) {
    code = co_await code_of(std::move(work));
}

TEST(PgOutage, AStatementInFlightFailsAsUnavailableAndTheNextWorks) {
    auto database = a_log_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            TaskGroup group(runtime.executor());
            std::string code;
            group.spawn("sleeper", note_code(pool.execute(sleep_long), code));
            const bool sent = co_await testing::eventually([&pool] { return pool.stats().in_flight == 1; });
            testing::require(sent, "the statement is on its way");

            db.disconnect_everybody();
            const bool failed = co_await testing::eventually([&code] { return !code.empty(); });
            const bool again = co_await testing::eventually_async([&pool] { return works_again(pool); });

            EXPECT_TRUE(failed);
            EXPECT_EQ(code, "database_unavailable");
            EXPECT_TRUE(again);
        },
        database);
}

TEST(PgOutage, ALostTransactionIsUnavailableAndLeavesNothing) {
    auto database = a_log_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            auto transaction = co_await pool.begin();
            co_await transaction.execute(insert_entry, 1);

            db.disconnect_everybody();
            const auto code = co_await code_of(transaction.commit());
            const bool again = co_await testing::eventually_async([&pool] { return works_again(pool); });
            const auto stored = co_await pool.one<std::int64_t>(count_entries);

            EXPECT_EQ(code, "database_unavailable");
            EXPECT_TRUE(again);
            EXPECT_EQ(stored, 0);
        },
        database);
}

TEST(PgOutage, WhileTheServerIsAwayCallersAreRefusedAtOnce) {
    auto database = a_log_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            co_await pool.execute(count_entries);
            db.accept_connections(false);
            const bool noticed = co_await testing::eventually([&pool] { return pool.stats().open == 0; });
            testing::require(noticed, "the pool lost its connections");
            static_cast<void>(co_await code_of(pool.execute(count_entries)));

            const auto started = SteadyClock::now();
            const auto statement = co_await code_of(pool.execute(count_entries));
            const auto transaction = co_await code_of(pool.begin());
            const auto healthy = co_await pool.healthy();
            const auto took = SteadyClock::now() - started;
            db.accept_connections(true);
            const bool again = co_await testing::eventually_async([&pool] { return works_again(pool); });

            EXPECT_EQ(statement, "database_unavailable");
            EXPECT_EQ(transaction, "database_unavailable");
            EXPECT_FALSE(healthy);
            EXPECT_LT(took, 2s) << "less than the deadline of waiting for a connection";
            EXPECT_TRUE(again);
        },
        database);
}

awaitable<> insert_until_told(Pool& pool, std::int64_t first, const bool& stop, std::vector<std::int64_t>& acknowledged) {
    auto n = first;
    while (!stop) {
        const auto code = co_await code_of(pool.execute(insert_entry, n));
        if (code.empty()) {
            acknowledged.push_back(n);
        } else {
            co_await pause_for(5ms);
        }
        n += 10;
    }
}

TEST(PgOutage, EverythingAcknowledgedSurvivesACrashOfTheServer) {
    auto database = a_log_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            TaskGroup group(runtime.executor());
            std::vector<std::int64_t> acknowledged;
            bool stop = false;
            for (int i = 0; i < 10; ++i) group.spawn("insert", insert_until_told(pool, i, stop, acknowledged));
            co_await testing::eventually([&acknowledged] { return acknowledged.size() > 500; });

            PgDatabase::crash_server();
            PgDatabase::start_server();
            const auto before = acknowledged.size();
            const bool resumed = co_await testing::eventually([&] { return acknowledged.size() > before + 500; });
            stop = true;
            co_await group.drain(5s);
            const auto stored = co_await pool.all<std::int64_t>({"log.list", "SELECT n FROM entries"});

            EXPECT_TRUE(resumed);
            const std::set<std::int64_t> found(stored.begin(), stored.end());
            for (const auto n : acknowledged) EXPECT_TRUE(found.contains(n)) << n;
        },
        database);
}

awaitable<> count_wake_ups(Notifier& wake, int& count) {
    while (true) {
        const auto before = SteadyClock::now();
        co_await wake.wait_for(1h);
        if (SteadyClock::now() - before < 1h) ++count;
    }
}

TEST(PgListener, WakesOnNotifyAndListensAgainAfterALoss) {
    auto database = a_log_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Notifier wake(runtime.executor());
            Listener listener(runtime.cpu(), {.url = db.url(), .channel = "log.entries"}, wake);
            TaskGroup group(runtime.executor());
            int count = 0;
            group.spawn("count", count_wake_ups(wake, count));
            group.spawn("listen", listener.run());
            const bool listening = co_await testing::eventually([&count] { return count == 1; });
            testing::require(listening, "one wake-up once it listens");

            db.query("SELECT pg_notify('log.entries', '')");
            const bool woken = co_await testing::eventually([&count] { return count == 2; });
            db.disconnect_everybody();
            const bool listening_again = co_await testing::eventually([&count] { return count == 3; });
            db.query("SELECT pg_notify('log.entries', '')");
            const bool woken_again = co_await testing::eventually([&count] { return count == 4; });
            co_await group.stop(1s);

            EXPECT_TRUE(woken);
            EXPECT_TRUE(listening_again);
            EXPECT_TRUE(woken_again);
        },
        database);
}

}  // namespace
}  // namespace darkroom::pg
