// Statements and transactions on a real server.
#include "platform/pg/migrate.hpp"
#include "platform/pg/pool.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace darkroom::pg {
namespace {

using testing::PgDatabase;

constexpr EmbeddedFile items_migration{"0001_items.sql", R"sql(
    CREATE TYPE colour AS ENUM ('red', 'green');
    CREATE TABLE items (
        id text PRIMARY KEY,
        name text NOT NULL CONSTRAINT items_name_unique UNIQUE,
        colour colour NOT NULL DEFAULT 'red',
        size integer CONSTRAINT items_size_positive CHECK (size > 0),
        ratio double precision,
        tags text[] NOT NULL DEFAULT '{}',
        extra jsonb NOT NULL DEFAULT '{}',
        hidden boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
    );
)sql"};
constexpr std::array items_migrations{items_migration};

PgDatabase an_items_database() {
    return PgDatabase("items", {std::span<const EmbeddedFile>(items_migrations)});
}

struct ItemTag {};
using ItemId = Id<ItemTag>;
enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Item {
    ItemId id;
    std::string name;
    Colour colour{};
    std::optional<int> size;
    std::optional<double> ratio;
    std::vector<std::string> tags;
    json::Object extra;
    bool hidden = false;
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, name, colour, size, ratio, tags, extra, hidden, created_at))

constexpr Query insert_item{"items.insert", R"sql(
    INSERT INTO items.items (id, name, colour, size, ratio, tags, extra, hidden, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING id, name, colour, size, ratio, tags, extra, hidden, created_at
)sql"};
constexpr Query insert_name{"items.insert_name", "INSERT INTO items (id, name) VALUES ($1, $2)"};
constexpr Query insert_size{"items.insert_size", "INSERT INTO items (id, name, size) VALUES ($1, $1, $2)"};
constexpr Query count_items{"items.count", "SELECT count(*) FROM items"};
constexpr Query find_name{"items.find_name", "SELECT name FROM items WHERE id = $1"};
constexpr Query list_names{"items.list_names", "SELECT name FROM items ORDER BY name"};

Error name_taken() {
    return {Kind::conflict, "name_taken", "name: is already taken"};
}
constexpr std::array constraint_errors{ConstraintError{"items_name_unique", &name_taken}};

PoolOptions options_for(const PgDatabase& database, std::size_t connections = 4) {
    return {.url = database.url(), .connections = connections};
}

/// The code of the Failure, "sqlstate …" of a DatabaseError, "logic …" of a std::logic_error, or "" when it went well.
template <class T>
awaitable<std::string> outcome_of(awaitable<T> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    } catch (const DatabaseError& error) {
        co_return "sqlstate " + error.sqlstate();
    } catch (const std::logic_error& error) {
        co_return std::string("logic ") + error.what();
    }
    co_return "";
}

TEST(PgRows, ValuesOfEveryTypeComeBackAsTheyWent) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            const auto time = parse_rfc3339("2026-03-01T10:00:00.123456Z").value();
            const json::Object extra{{"a", json::Array{1, "zwei"}}};
            const std::vector<std::string> tags{"a b", "c\"d", "e\\f", ""};

            const auto item = co_await pool.one<Item>(insert_item, ItemId::trusted("i-1"), "näme", Colour::green, 7, 0.1, tags,
                                                      extra, true, time);
            const auto empty = co_await pool.one<Item>(insert_item, "i-2", "other", "red", std::optional<int>{}, nullptr,
                                                       std::vector<std::string>{}, json::Object{}, false, time);

            EXPECT_EQ(item.id.text(), "i-1");
            EXPECT_EQ(item.name, "näme");
            EXPECT_EQ(item.colour, Colour::green);
            EXPECT_EQ(item.size, 7);
            EXPECT_EQ(item.ratio, 0.1);
            EXPECT_EQ(item.tags, tags);
            EXPECT_EQ(json::serialize(item.extra), R"({"a":[1,"zwei"]})");
            EXPECT_TRUE(item.hidden);
            EXPECT_EQ(item.created_at, time);
            EXPECT_FALSE(empty.size.has_value());
            EXPECT_FALSE(empty.ratio.has_value());
            EXPECT_TRUE(empty.tags.empty());
        },
        database);
}

struct Named {
    std::string name;
    std::string nickname;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name, nickname))

TEST(PgRows, AMissingColumnIsNamedTogetherWithItsQuery) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            const auto outcome = co_await outcome_of(pool.all<Named>(list_names));
            EXPECT_EQ(outcome, "logic items.list_names: the rows have no column \"nickname\"");
        },
        database);
}

TEST(PgRows, OneWantsExactlyOneAndMaybeAtMostOne) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            const auto nobody = co_await pool.maybe<std::string>(find_name, "i-1");
            const auto refused = co_await outcome_of(pool.one<std::string>(find_name, "i-1"));
            const auto inserted = co_await pool.execute(insert_name, "i-1", "first");
            const auto name = co_await pool.one<std::string>(find_name, "i-1");

            EXPECT_FALSE(nobody.has_value());
            EXPECT_TRUE(refused.starts_with("logic items.find_name: exactly one row")) << refused;
            EXPECT_EQ(inserted, 1);
            EXPECT_EQ(name, "first");
        },
        database);
}

TEST(PgConstraints, BecomeTheErrorOfTheirName) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            co_await pool.execute(insert_name, "i-1", "taken");

            const auto from_pool = co_await outcome_of(pool.with(constraint_errors).execute(insert_name, "i-2", "taken"));
            auto transaction = co_await pool.begin(constraint_errors);
            const auto from_transaction = co_await outcome_of(transaction.execute(insert_name, "i-2", "taken"));
            const auto afterwards = co_await outcome_of(transaction.execute(insert_name, "i-3", "free"));
            const auto unknown = co_await outcome_of(pool.with(constraint_errors).execute(insert_size, "i-4", -1));

            EXPECT_EQ(from_pool, "name_taken");
            EXPECT_EQ(from_transaction, "name_taken");
            EXPECT_TRUE(afterwards.starts_with("logic ")) << afterwards;
            EXPECT_EQ(unknown, "sqlstate 23514");
        },
        database);
}

TEST(PgTransaction, CommitsAllOrRollsBackAll) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            {
                auto dropped = co_await pool.begin();
                co_await dropped.execute(insert_name, "i-1", "first");
                co_await dropped.execute(insert_name, "i-2", "second");
            }
            const auto after_drop = co_await pool.one<std::int64_t>(count_items);
            auto kept = co_await pool.begin();
            co_await kept.execute(insert_name, "i-1", "first");
            co_await kept.execute(insert_name, "i-2", "second");
            const auto before_commit = co_await pool.one<std::int64_t>(count_items);
            co_await kept.commit();
            const auto after_commit = co_await pool.one<std::int64_t>(count_items);

            EXPECT_EQ(after_drop, 0);
            EXPECT_EQ(before_commit, 0);
            EXPECT_EQ(after_commit, 2);
            EXPECT_EQ(pool.stats().in_transaction, 0U);
        },
        database);
}

awaitable<> hold_lock(Pool& pool, bool& holding) {
    auto transaction = co_await pool.begin();
    co_await transaction.execute(insert_name, "i-1", "locked");
    holding = true;
    co_await transaction.execute({"test.sleep", "SELECT pg_sleep(0.3)"});
    co_await transaction.commit();
}

TEST(PgTransaction, ACancelledCoroutineLeavesNoLockBehind) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            TaskGroup group(runtime.executor());
            bool holding = false;
            group.spawn("holder", hold_lock(pool, holding));
            const bool held = co_await testing::eventually([&holding] { return holding; });
            testing::require(held, "the transaction is under way");

            co_await group.stop(1s);
            // Waits for the row lock that the cancelled transaction held.
            const auto inserted = co_await pool.execute(insert_name, "i-1", "mine");

            EXPECT_EQ(inserted, 1);
            const bool returned = co_await testing::eventually([&pool] { return pool.stats().in_transaction == 0; });
            EXPECT_TRUE(returned);
        },
        database);
}

TEST(PgPool, RefusesWhenEveryConnectionIsTakenForTooLong) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            auto options = options_for(db, 2);
            options.acquire_deadline = 50ms;
            Pool pool(runtime.executor(), runtime.cpu(), options);
            auto first = co_await pool.begin();
            co_await first.execute(count_items);

            const auto second = co_await outcome_of(pool.begin());
            // One connection is kept for statements outside of transactions.
            const auto plain = co_await pool.one<std::int64_t>(count_items);
            co_await first.commit();
            const auto third = co_await outcome_of(pool.begin());

            EXPECT_EQ(second, "database_unavailable");
            EXPECT_EQ(plain, 0);
            EXPECT_EQ(third, "");
        },
        database);
}

awaitable<> take_turn(Pool& pool, int number, std::vector<int>& order) {
    auto transaction = co_await pool.begin();
    co_await transaction.execute(count_items);
    order.push_back(number);
    co_await transaction.commit();
}

TEST(PgPool, ServesWaitingTransactionsInTheirOrder) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db, 2));
            TaskGroup group(runtime.executor());
            std::vector<int> order;
            for (int i = 0; i < 20; ++i) group.spawn("turn", take_turn(pool, i, order));
            const bool drained = co_await group.drain(10s);

            EXPECT_TRUE(drained);
            std::vector<int> expected(20);
            std::iota(expected.begin(), expected.end(), 0);
            EXPECT_EQ(order, expected);
        },
        database);
}

awaitable<> insert_or_fail(Pool& pool, int number, int& refused) {
    const auto name = std::to_string(number / 2);
    const auto outcome = co_await outcome_of(pool.with(constraint_errors).execute(insert_name, std::to_string(number), name));
    if (outcome == "name_taken") ++refused;
}

TEST(PgPool, AFailedStatementDoesNotTouchItsNeighboursInThePipeline) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db, 2));
            TaskGroup group(runtime.executor());
            int refused = 0;
            for (int i = 0; i < 400; ++i) group.spawn("insert", insert_or_fail(pool, i, refused));
            const bool drained = co_await group.drain(20s);
            const auto stored = co_await pool.one<std::int64_t>(count_items);

            EXPECT_TRUE(drained);
            EXPECT_EQ(refused, 200);
            EXPECT_EQ(stored, 200);
        },
        database);
}

TEST(PgPool, AStatementPastItsDeadlineIsEndedByTheServer) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            auto options = options_for(db);
            options.statement_deadline = 100ms;
            Pool pool(runtime.executor(), runtime.cpu(), options);

            const auto outcome = co_await outcome_of(pool.execute({"test.sleep", "SELECT pg_sleep(30)"}));
            const auto after = co_await pool.one<std::int64_t>(count_items);

            EXPECT_EQ(outcome, "database_unavailable");
            EXPECT_EQ(after, 0);
        },
        database);
}

TEST(PgMigrate, AppliesOnceAndRefusesAnEditedFile) {
    auto database = an_items_database();
    constexpr EmbeddedFile second{"0002_more.sql", "CREATE TABLE more (id text)"};
    constexpr EmbeddedFile edited{"0002_more.sql", "CREATE TABLE more (id text PRIMARY KEY)"};
    constexpr EmbeddedFile broken{"0003_broken.sql", "CREATE TABLE third (id text); SELECT no_such_column"};
    const auto apply = [&database](std::vector<EmbeddedFile> files) {
        return migrate(database.owner_url(), "items", {std::span<const EmbeddedFile>(files)});
    };

    EXPECT_EQ(apply({items_migration, second}), std::vector<std::string>{"0002_more.sql"});
    EXPECT_TRUE(apply({items_migration, second}).empty());
    EXPECT_THROW(apply({items_migration, edited}), std::runtime_error);
    EXPECT_THROW(apply({items_migration, second, broken}), std::runtime_error);
    EXPECT_EQ(database.query("SELECT to_regclass('items.third') IS NULL"), "t");
    EXPECT_EQ(database.query("SELECT count(*) FROM items.schema_migrations"), "2");
}

TEST(PgProvision, TheServiceRoleMayUseItsTablesAndNothingElse) {
    auto database = an_items_database();
    testing::run(
        [](Runtime& runtime, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), options_for(db));
            db.query("CREATE SCHEMA other; CREATE TABLE other.secrets (id text)");

            const auto create = co_await outcome_of(pool.execute({"test.create", "CREATE TABLE items.mine (id text)"}));
            const auto drop = co_await outcome_of(pool.execute({"test.drop", "DROP TABLE items.items"}));
            const auto peek = co_await outcome_of(pool.execute({"test.peek", "SELECT * FROM other.secrets"}));

            EXPECT_EQ(create, "sqlstate 42501");
            EXPECT_EQ(drop, "sqlstate 42501");
            EXPECT_EQ(peek, "sqlstate 42501");
        },
        database);
}

}  // namespace
}  // namespace darkroom::pg
