// Deleting users: at once, for everybody, and once.
#include "services/users/tests/users_under_test.hpp"

#include "events/user_deleted.hpp"

namespace darkroom::users {
namespace {

constexpr const char* admin = "user:root-1:admin";
constexpr const char* ada = "user:ada-1:user";

TEST(DeletedUser, IsInNoListAndNoLookUpAndMayBeDeletedAgain) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            testing::RedisServer redis;
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours, redis.url());
            neighbours.add_account("ada-1", "ada");
            const auto before = co_await service.get("/users/ada-1", admin);

            const auto deleted = co_await service.del("/users/ada-1", admin);
            const auto again = co_await service.del("/users/ada-1", admin);

            EXPECT_EQ(before.status, 200);
            EXPECT_EQ(deleted.status, 200) << deleted.body;
            EXPECT_EQ(again.status, 200);
            EXPECT_EQ(neighbours.state().commands.size(), 1U);
            for (const auto* path : {"/users/ada-1", "/users/nobody"}) {
                const auto gone = co_await service.get(path, admin);
                EXPECT_EQ(gone.status, 404) << path;
            }
            const auto list = co_await service.get("/users", admin);
            EXPECT_EQ(testing::data_of(list).at_pointer("/pagination/total").as_int64(), 0);
            const auto found = co_await service.get("/users/search?query=ada", admin);
            EXPECT_EQ(testing::data_of(found).at_pointer("/pagination/total").as_int64(), 0);
            const auto changed = co_await service.put("/users/ada-1/role", {{"role", "premium"}}, admin);
            EXPECT_EQ(changed.status, 404);
            const auto suspended = co_await service.put("/users/ada-1/status", {{"status", "suspended"}}, admin);
            EXPECT_EQ(suspended.status, 404);
            const auto own = co_await service.get("/users/me", ada);
            EXPECT_EQ(own.status, 401);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(DeletedUser, ComesBackWhenAnAdminMakesItActive) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");

            const auto deleted = co_await service.del("/users/me", ada);
            const auto restored = co_await service.put("/users/ada-1/status", {{"status", "active"}}, admin);

            EXPECT_EQ(deleted.status, 200) << deleted.body;
            EXPECT_EQ(text_at(testing::data_of(restored), "/username"), "ada");
            const auto read = co_await service.get("/users/ada-1", admin);
            EXPECT_EQ(read.status, 200);
            const auto nobody = co_await service.put("/users/nobody/status", {{"status", "active"}}, admin);
            EXPECT_EQ(nobody.status, 404);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Deletion, IsForOneselfAndForAdmins) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.add_account("eve-1", "eve");

            const auto foreign = co_await service.del("/users/eve-1", ada);
            const auto missing = co_await service.del("/users/nobody", ada);
            const auto guest = co_await service.del("/users/me", "user:gus-1:guest");
            const auto guest_by_id = co_await service.del("/users/gus-1", "user:gus-1:guest");
            const auto machine = co_await service.del("/users/me", "service:image-service");
            const auto anonymous = co_await service.del("/users/me", "");
            const auto nobody = co_await service.del("/users/nobody", admin);

            EXPECT_EQ(foreign.status, 403);
            EXPECT_EQ(missing.status, 403);
            EXPECT_EQ(guest.status, 403);
            EXPECT_EQ(guest_by_id.status, 403);
            EXPECT_EQ(machine.status, 403);
            EXPECT_EQ(anonymous.status, 401);
            EXPECT_EQ(nobody.status, 404);
            const auto own = co_await service.del("/users/ada-1", ada);
            EXPECT_EQ(own.status, 200);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Deletion, OfTheLastAdminIsRefusedInAuthsWords) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("root-1", "root");
            neighbours.state().refusal = Error{Kind::conflict, "last_admin", "the last active admin must stay one"};

            const auto refused = co_await service.del("/users/me", admin);

            EXPECT_EQ(refused.status, 409);
            EXPECT_EQ(text_at(body_of(refused), "/code"), "last_admin");
            const auto there = co_await service.get("/users/root-1", admin);
            EXPECT_EQ(there.status, 200);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

// The answer to the first request was lost, and the purge was quicker than the second.
TEST(Deletion, SucceedsAgainAfterThePurge) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            co_await service.get("/users/ada-1", admin);
            neighbours.state().accounts.clear();
            const events::UserDeleted deleted{"ada-1", "ada@example.com", "ada", "user"};
            neighbours.publish(deleted);

            const auto again = co_await service.del("/users/ada-1", admin);

            EXPECT_EQ(again.status, 200) << again.body;
            EXPECT_EQ(db.query("SELECT purged FROM users.users"), "t");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
