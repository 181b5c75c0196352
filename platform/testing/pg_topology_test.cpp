// The pool through a real PgBouncer in transaction mode, and reads from a real streaming replica.
#include "platform/pg/listener.hpp"
#include "platform/pg/reads.hpp"
#include "platform/testing/pg_topologies.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::pg {
namespace {

using testing::PgBouncer;
using testing::PgDatabase;
using testing::PgReplica;

constexpr std::string_view schema_sql = R"sql(
    CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL, at timestamptz NOT NULL DEFAULT '2026-07-01 12:00:00+02');
)sql";

std::vector<std::span<const EmbeddedFile>> migrations() {
    static const std::array files{EmbeddedFile{"0001_notes.sql", schema_sql}};
    return {files};
}

Error taken() {
    return {Kind::conflict, "note_taken", "there is such a note"};
}
constexpr std::array errors{ConstraintError{"notes_pkey", &taken}};

constexpr Query insert_note{"notes.insert", "INSERT INTO notes (id, text) VALUES ($1, $2)"};
constexpr Query note_text{"notes.text", "SELECT text FROM notes WHERE id = $1"};
constexpr Query note_time{"notes.time", "SELECT at FROM notes WHERE id = $1"};
constexpr Query count_notes{"notes.count", "SELECT count(*) FROM notes"};
constexpr Query settings{"notes.settings", "SELECT current_setting('TimeZone') || ' ' || current_setting('statement_timeout')"};
constexpr Query notify{"notes.notify", "SELECT pg_notify('notes', '')"};

awaitable<std::string> code_of(awaitable<std::int64_t> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    }
    co_return "";
}

PgBouncer bouncer_for_tests() {
    return PgBouncer({.server_directory = PgDatabase::server_directory(), .user = PgDatabase::server_user()});
}

awaitable<> write_in_a_transaction(Pool& pool, std::int64_t id) {
    auto transaction = co_await pool.begin(errors);
    co_await transaction.execute(insert_note, id, "written");
    const auto text = co_await transaction.one<std::string>(note_text, id);
    EXPECT_EQ(text, "written");
    co_await transaction.commit();
}

TEST(ThroughPgBouncer, ManyClientsShareTwoSessionsWithoutTroublingEachOther) {
    PgDatabase database("app", migrations());
    const auto bouncer = bouncer_for_tests();
    testing::run(
        [](Runtime& runtime, const PgBouncer& pooler, PgDatabase& db) -> awaitable<> {
            std::vector<std::unique_ptr<Pool>> pools;
            for (int i = 0; i < 4; ++i) {
                PoolOptions options{.url = pooler.url("darkroom_app", db.name(), false), .connections = 3};
                pools.push_back(std::make_unique<Pool>(runtime.executor(), runtime.cpu(), std::move(options)));
            }
            TaskGroup writers(runtime.executor());
            for (std::int64_t id = 0; id < 100; ++id) {
                writers.spawn("writer", write_in_a_transaction(*pools[static_cast<std::size_t>(id % 4)], id));
            }
            EXPECT_TRUE(co_await writers.drain(20s));
            const auto total = co_await pools[0]->one<std::int64_t>(count_notes);
            const auto refusal = co_await code_of(pools[1]->with(errors).execute(insert_note, 7, "again"));
            const auto at = co_await pools[2]->one<Timestamp>(note_time, 7);
            const auto set = co_await pools[3]->one<std::string>(settings);

            EXPECT_EQ(total, 100);
            EXPECT_EQ(refusal, "note_taken");
            EXPECT_EQ(to_rfc3339(at), "2026-07-01T10:00:00.000Z");
            EXPECT_EQ(set, "UTC 10s");
        },
        bouncer, database);
}

TEST(ThroughPgBouncer, ListensToTheServerBehindItOrLooksByItself) {
    PgDatabase database("app", migrations());
    const auto bouncer = bouncer_for_tests();
    testing::run(
        [](Runtime& runtime, const PgBouncer& pooler, PgDatabase& db) -> awaitable<> {
            Pool pool(runtime.executor(), runtime.cpu(), {.url = pooler.url("darkroom_app", db.name(), true)});
            Notifier heard(runtime.executor());
            Notifier looked(runtime.executor());
            Listener listener(runtime.cpu(), {.url = pooler.url("darkroom_app", db.name(), true), .channel = "notes"}, heard);
            Listener looker(runtime.cpu(), {.url = pooler.url("darkroom_app", db.name(), false), .channel = "notes"}, looked);
            TaskGroup tasks(runtime.executor());
            tasks.spawn("listener", listener.run());
            tasks.spawn("looker", looker.run());
            co_await heard.wait_past(0, 10s);
            const auto listening = heard.count();

            co_await pool.execute(notify);
            co_await heard.wait_past(listening, 10s);
            co_await looked.wait_past(0, 10s);

            EXPECT_GT(heard.count(), listening);
            EXPECT_GT(looked.count(), 0U);
            co_await tasks.stop(2s);
        },
        bouncer, database);
}

awaitable<bool> comes_to_use(Reads& reads, bool replica) {
    for (int tries = 0; tries < 400 && reads.uses_replica() != replica; ++tries) co_await pause_for(50ms);
    co_return reads.uses_replica() == replica;
}

TEST(ReadsFromAReplica, AreFreshOrComeFromThePrimary) {
    PgDatabase database("app", migrations());
    PgReplica replica(PgDatabase::server_directory(), PgDatabase::server_user());
    testing::run(
        [](Runtime& runtime, PgReplica& copy, PgDatabase& db) -> awaitable<> {
            Pool primary(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Reads reads(runtime, primary, {.url = copy.url("darkroom_app", db.name()), .connections = 2});
            TaskGroup tasks(runtime.executor());
            tasks.spawn("watch", reads.watch());
            EXPECT_TRUE(co_await comes_to_use(reads, true));
            constexpr Query where{"notes.where", "SELECT pg_is_in_recovery()"};
            EXPECT_TRUE(co_await reads.one<bool>(where));

            // It stands still: what was written since is found on the primary, as soon as the replica counts as behind.
            copy.pause();
            co_await primary.execute(insert_note, 1, "new");
            EXPECT_TRUE(co_await comes_to_use(reads, false));
            EXPECT_EQ(co_await reads.one<std::string>(note_text, 1), "new");

            copy.kill();
            EXPECT_EQ(co_await reads.one<std::int64_t>(count_notes), 1);
            co_await tasks.stop(2s);
        },
        replica, database);
}

TEST(ReadsFromAReplica, ThatDiesMidwayAreAnsweredByThePrimary) {
    PgDatabase database("app", migrations());
    PgReplica replica(PgDatabase::server_directory(), PgDatabase::server_user());
    testing::run(
        [](Runtime& runtime, PgReplica& copy, PgDatabase& db) -> awaitable<> {
            Pool primary(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Reads reads(runtime, primary, {.url = copy.url("darkroom_app", db.name()), .connections = 2});
            TaskGroup tasks(runtime.executor());
            tasks.spawn("watch", reads.watch());
            EXPECT_TRUE(co_await comes_to_use(reads, true));

            copy.kill();

            EXPECT_EQ(co_await reads.one<std::int64_t>(count_notes), 0);
            co_await tasks.stop(2s);
        },
        replica, database);
}

}  // namespace
}  // namespace darkroom::pg
