// What admins may do, and nobody else.
#include "services/users/tests/users_under_test.hpp"

namespace darkroom::users {
namespace {

constexpr const char* admin = "user:root-1:admin";
constexpr const char* ada = "user:ada-1:user";

/// Waits until the service has heard of everybody.
awaitable<> projected(testing::PgDatabase& database, std::string count) {
    const auto all_there = [&database, count] { return database.query("SELECT count(*) FROM users.users") == count; };
    const bool done = co_await testing::eventually(all_there);
    testing::require(done, "the projection");
}

TEST(ForeignUsers, AreForbiddenToEverybodyButAdminsExistingOrNot) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.add_account("eve-1", "eve");
            co_await projected(db, "2");

            const auto own = co_await service.get("/users/ada-1", ada);
            const auto existing = co_await service.get("/users/eve-1", ada);
            const auto missing = co_await service.get("/users/nobody", ada);
            const auto change = co_await service.put("/users/eve-1", {{"full_name", "x"}}, ada);
            const auto role = co_await service.put("/users/ada-1/role", {{"role", "admin"}}, ada);
            const auto by_admin = co_await service.get("/users/eve-1", admin);
            const auto missing_admin = co_await service.get("/users/nobody", admin);

            EXPECT_EQ(own.status, 200);
            EXPECT_EQ(existing.status, 403);
            EXPECT_EQ(missing.status, 403);
            EXPECT_EQ(change.status, 403);
            EXPECT_EQ(role.status, 403);
            EXPECT_EQ(by_admin.status, 200);
            EXPECT_EQ(missing_admin.status, 404);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UserList, FiltersSortsAndPages) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            for (const auto* name : {"ada", "bob", "eve", "adam"}) neighbours.add_account(std::string(name) + "-1", name);
            co_await projected(db, "4");
            db.query("UPDATE users.users SET role = 'premium' WHERE username = 'bob'");

            const auto all = co_await service.get("/users?sort=username&size=3", admin);
            const auto second = co_await service.get("/admin/users?sort=-username&size=3&page=2", admin);
            const auto found = co_await service.get("/users/search?query=ADA", admin);
            const auto premium = co_await service.get("/users?role=premium&status=active&q=bob", admin);
            const auto future = co_await service.get("/users?created_after=2100-01-01T00:00:00Z", admin);
            const auto wildcard = co_await service.get("/users?q=%25", admin);

            const auto page = testing::data_of(all);
            EXPECT_EQ(text_at(page, "/users/0/username"), "ada");
            EXPECT_EQ(page.at_pointer("/pagination/total").as_int64(), 4);
            EXPECT_TRUE(page.at_pointer("/pagination/has_next").as_bool());
            EXPECT_EQ(text_at(testing::data_of(second), "/users/0/username"), "ada");
            EXPECT_EQ(testing::data_of(found).at_pointer("/pagination/total").as_int64(), 2);
            EXPECT_EQ(text_at(testing::data_of(premium), "/users/0/username"), "bob");
            EXPECT_EQ(testing::data_of(future).at_pointer("/pagination/total").as_int64(), 0);
            EXPECT_EQ(testing::data_of(wildcard).at_pointer("/pagination/total").as_int64(), 0);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UserList, IsForAdminsAndRefusesIllFormedFilters) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);

            const auto person = co_await service.get("/users", ada);
            const auto nobody = co_await service.get("/users", "");
            const auto bad = co_await service.get("/users?sort=password&size=0&created_after=yesterday", admin);

            EXPECT_EQ(person.status, 403);
            EXPECT_EQ(nobody.status, 401);
            EXPECT_EQ(bad.status, 422);
            EXPECT_EQ(body_of(bad).at("errors").as_array().size(), 3U);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Roles, AreChangedThroughAuthAndListedWithTheirPermissions) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");

            const auto role = co_await service.put("/users/ada-1/role", {{"role", "premium"}}, admin);
            const auto status = co_await service.put("/users/ada-1/status", {{"status", "suspended"}}, admin);
            const auto unknown = co_await service.put("/users/ada-1/role", {{"role", "wizard"}}, admin);
            const auto roles = co_await service.get("/roles", ada);

            EXPECT_EQ(text_at(testing::data_of(role), "/role"), "premium");
            EXPECT_EQ(text_at(testing::data_of(status), "/status"), "suspended");
            EXPECT_EQ(unknown.status, 422);
            EXPECT_EQ(json::serialize(neighbours.state().commands.at(0)), R"({"role":"premium"})");
            EXPECT_EQ(testing::data_of(roles).at("roles").as_array().size(), 4U);
            EXPECT_EQ(text_at(testing::data_of(roles), "/roles/0/name"), "admin");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
