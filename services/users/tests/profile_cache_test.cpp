// The cache of profiles: quick, and never older than the row.
#include "services/users/profile_cache.hpp"

#include "services/users/tests/users_under_test.hpp"

namespace darkroom::users {
namespace {

constexpr const char* ada = "user:ada-1:user";

StoredUser a_user(const std::string& full_name) {
    StoredUser user;
    user.id = UserId::trusted("ada-1");
    user.email = Email::trusted("ada@example.com");
    user.username = Username::trusted("ada");
    user.full_name = FullName::trusted(full_name);
    user.preferences = {{"theme", "dark"}};
    return user;
}

/// One Redis with its client, and the cache of one instance.
struct Cached {
    explicit Cached(Runtime& runtime)
        : client(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(server.url()).value()}), cache(client, metrics) {}

    testing::RedisServer server;
    redis::Client client;
    telemetry::Metrics metrics{"test"};
    ProfileCache cache;
    UserId id = UserId::trusted("ada-1");
};

TEST(ProfileCache, GivesWhatWasFilledAndOneLeaseAtATime) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Cached cached(runtime);

        const auto first = co_await cached.cache.look_up(cached.id);
        const auto second = co_await cached.cache.look_up(cached.id);
        testing::require(first.lease.has_value(), "a lease");
        cached.cache.fill(cached.id, *first.lease, a_user("Ada"));
        const auto third = co_await cached.cache.look_up(cached.id);

        EXPECT_FALSE(first.user || second.user || second.lease);
        testing::require(third.user.has_value(), "a cached profile");
        EXPECT_EQ(json::serialize(json::encode(*third.user)), json::serialize(json::encode(a_user("Ada"))));
    });
}

// A reader reads the old row, a writer changes it, and the reader is late to fill: what a cache without leases gets wrong.
TEST(ProfileCache, NobodyFillsItWithWhatWasReadBeforeAWrite) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Cached cached(runtime);
        const auto reader = co_await cached.cache.look_up(cached.id);
        testing::require(reader.lease.has_value(), "a lease");

        const auto write = co_await cached.cache.begin_write(cached.id);
        cached.cache.end_write(write);
        cached.cache.fill(cached.id, *reader.lease, a_user("old"));
        const auto after = co_await cached.cache.look_up(cached.id);

        EXPECT_TRUE(write.announced);
        EXPECT_FALSE(after.user.has_value());
        EXPECT_TRUE(after.lease.has_value());
    });
}

TEST(ProfileCache, NobodyFillsItWhileAnyWriteIsUnderWay) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Cached cached(runtime);
        const auto before = co_await cached.cache.look_up(cached.id);
        const auto one = co_await cached.cache.begin_write(cached.id);
        const auto other = co_await cached.cache.begin_write(cached.id);

        cached.cache.fill(cached.id, before.lease.value_or(""), a_user("old"));
        cached.cache.end_write(one);
        const auto during = co_await cached.cache.look_up(cached.id);
        cached.cache.end_write(other);
        const auto after = co_await cached.cache.look_up(cached.id);

        EXPECT_FALSE(during.user || during.lease);
        EXPECT_TRUE(after.lease.has_value());
    });
}

// Redis forgot that somebody writes: the row that was read meanwhile must go when the write is over.
TEST(ProfileCache, AWriteThatRedisForgotStillTakesTheOldAway) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Cached cached(runtime);
        const auto write = co_await cached.cache.begin_write(cached.id);
        co_await cached.client.command({"FLUSHALL"});
        const auto reader = co_await cached.cache.look_up(cached.id);
        cached.cache.fill(cached.id, reader.lease.value_or(""), a_user("old"));

        cached.cache.end_write(write);
        const auto after = co_await cached.cache.look_up(cached.id);

        EXPECT_FALSE(after.user.has_value());
    });
}

TEST(CachedProfile, IsServedWithoutTheDatabase) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            testing::RedisServer redis;
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours, redis.url());
            neighbours.add_account("ada-1", "ada");
            const auto first = co_await service.get("/users/me", ada);
            const auto second = co_await service.get("/users/me", ada);
            db.query("UPDATE users.users SET full_name = 'behind its back'");

            const auto cached = co_await service.get("/users/me", ada);
            const auto by_id = co_await service.get("/users/ada-1", ada);

            EXPECT_EQ(text_at(testing::data_of(second), "/full_name"), "Full ada");
            EXPECT_EQ(cached.headers.get("ETag"), first.headers.get("ETag"));
            EXPECT_EQ(text_at(testing::data_of(cached), "/full_name"), "Full ada");
            EXPECT_EQ(text_at(testing::data_of(by_id), "/full_name"), "Full ada");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

/// Reads without a pause until told to stop, as a busy client would.
awaitable<> keep_reading(UsersUnderTest& service, const bool& stop, int& reads) {
    while (!stop) {
        co_await service.get("/users/me", ada);
        ++reads;
    }
}

// Two instances, readers on both that fill the cache all the time, and a writer: once a write is answered nobody sees the old.
TEST(CachedProfile, IsNeverStaleAfterAWriteWhateverInstanceAndRace) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            testing::RedisServer redis;
            Neighbours neighbours(runtime);
            UsersUnderTest first(runtime, db, neighbours, redis.url());
            UsersUnderTest second(runtime, db, neighbours, redis.url());
            neighbours.add_account("ada-1", "ada");
            bool stop = false;
            int reads = 0;
            TaskGroup readers(runtime.executor());
            for (auto* service : {&first, &second, &first, &second})
                readers.spawn("reader", keep_reading(*service, stop, reads));

            for (int i = 0; i < 60; ++i) {
                const json::Object name{{"full_name", "Ada " + std::to_string(i)}};
                const json::Object preferences{{"preferences", json::Object{{"i", i}}}};
                auto& writer = i % 3 == 0 ? second : first;
                const auto written = co_await writer.put("/users/me", i % 2 == 0 ? name : preferences, ada);
                for (auto* service : {&first, &second}) {
                    const auto read = co_await service->get("/users/me", ada);
                    EXPECT_EQ(read.headers.get("ETag"), written.headers.get("ETag")) << i << read.body << written.body;
                }
            }

            stop = true;
            co_await readers.drain(10s);
            EXPECT_GT(reads, 60);
            co_await first.stop();
            co_await second.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(CachedProfile, IsDroppedWhenItWasChangedWhileRedisWasAway) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            testing::RedisServer redis;
            Neighbours neighbours(runtime);
            UsersUnderTest with_redis(runtime, db, neighbours, redis.url());
            UsersUnderTest without_redis(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const auto filled = co_await with_redis.get("/users/me", ada);

            const auto written = co_await without_redis.put("/users/me", {{"full_name", "Ada L."}}, ada);
            const auto noted = [&db] { return db.query("SELECT count(*) FROM users.uncached_writes") == "0"; };
            const bool repaired = co_await testing::eventually(noted);
            const auto read = co_await with_redis.get("/users/me", ada);

            EXPECT_EQ(filled.status, 200);
            EXPECT_EQ(written.status, 200);
            EXPECT_TRUE(repaired);
            EXPECT_EQ(text_at(testing::data_of(read), "/full_name"), "Ada L.");
            co_await with_redis.stop();
            co_await without_redis.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
