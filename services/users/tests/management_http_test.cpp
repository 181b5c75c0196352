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
            const auto nobodys = co_await service.get("/users?role=wizard&status=asleep", admin);

            const auto page = testing::data_of(all);
            EXPECT_EQ(text_at(page, "/users/0/username"), "ada");
            EXPECT_EQ(page.at_pointer("/pagination/total").as_int64(), 4);
            EXPECT_TRUE(page.at_pointer("/pagination/has_next").as_bool());
            EXPECT_EQ(text_at(testing::data_of(second), "/users/0/username"), "ada");
            EXPECT_EQ(testing::data_of(found).at_pointer("/pagination/total").as_int64(), 2);
            EXPECT_EQ(text_at(testing::data_of(premium), "/users/0/username"), "bob");
            EXPECT_EQ(testing::data_of(future).at_pointer("/pagination/total").as_int64(), 0);
            EXPECT_EQ(testing::data_of(wildcard).at_pointer("/pagination/total").as_int64(), 0);
            EXPECT_EQ(testing::data_of(nobodys).at_pointer("/pagination/total").as_int64(), 0);
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
            const auto bad = co_await service.get("/users?sort=password&size=0&created_after=yesterday&role=%21", admin);

            EXPECT_EQ(person.status, 403);
            EXPECT_EQ(nobody.status, 401);
            EXPECT_EQ(bad.status, 422);
            EXPECT_EQ(body_of(bad).at("errors").as_array().size(), 4U);
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

TEST(UserStats, CountRolesStatusesSignUpsAndWhoIsActive) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            for (const auto* name : {"ada", "bob", "eve", "gone"}) neighbours.add_account(std::string(name) + "-1", name);
            co_await projected(db, "4");
            db.query("UPDATE users.users SET role = 'premium', last_seen = now() - interval '3 days' WHERE username = 'bob'");
            db.query(
                "UPDATE users.users SET status = 'suspended', last_seen = now(), created_at = now() - interval '90 days' "
                "WHERE username = 'eve'");
            db.query("UPDATE users.users SET deleted_at = now(), last_seen = now() WHERE username = 'gone'");

            const auto response = co_await service.get("/users/stats", admin);
            const auto refused = co_await service.get("/users/stats", ada);

            const auto stats = testing::data_of(response);
            EXPECT_EQ(stats.at("total_users").as_int64(), 3);
            EXPECT_EQ(json::serialize(stats.at("by_role")), R"({"admin":0,"guest":0,"premium":1,"user":2})");
            EXPECT_EQ(json::serialize(stats.at("by_status")), R"({"active":2,"inactive":0,"pending":0,"suspended":1})");
            EXPECT_EQ(json::serialize(stats.at("active")), R"({"last_day":1,"last_7_days":2,"last_30_days":2})");
            const auto& days = stats.at("sign_ups_per_day").as_array();
            EXPECT_EQ(days.size(), 30U);
            EXPECT_EQ(days.back().at("count").as_int64(), 2);
            EXPECT_EQ(text_at(days.back(), "/date"), to_rfc3339(now()).substr(0, 10));
            EXPECT_EQ(days.front().at("count").as_int64(), 0);
            EXPECT_EQ(refused.status, 403);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UserChange, HonoursTheTagThatTheReadGave) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const auto read = co_await service.get("/users/ada-1", admin);
            const http::Headers first{{"If-Match", std::string(read.headers.get("ETag"))}};

            const auto changed = co_await service.put("/users/ada-1", {{"full_name", "Ada L."}}, admin, first);
            const auto stale = co_await service.put("/users/ada-1/role", {{"role", "premium"}}, admin, first);
            const http::Headers second{{"If-Match", std::string(changed.headers.get("ETag"))}};
            const auto fresh = co_await service.put("/users/ada-1/role", {{"role", "premium"}}, admin, second);
            const auto stale_delete = co_await service.del("/users/ada-1", admin, second);

            EXPECT_EQ(changed.status, 200) << changed.body;
            EXPECT_EQ(stale.status, 412);
            EXPECT_EQ(fresh.status, 200) << fresh.body;
            EXPECT_EQ(stale_delete.status, 412);
            const http::Headers unchanged{{"If-None-Match", std::string(fresh.headers.get("ETag"))}};
            const auto again = co_await service.get("/users/ada-1", admin, unchanged);
            EXPECT_EQ(again.status, 304);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UserCreation, GoesToAuthAndIsSeenAtOnce) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            const json::Object request{
                {"email", "new@example.com"}, {"username", "newcomer"}, {"password", "correct horse"}, {"role", "premium"}};

            const auto made = co_await service.post("/users", request, admin);
            const auto refused = co_await service.post("/users", request, ada);
            const auto bad =
                co_await service.post("/users", {{"email", "x"}, {"password", "short"}, {"role", "wizard"}}, admin);

            const auto user = testing::data_of(made);
            EXPECT_EQ(text_at(user, "/username"), "newcomer");
            EXPECT_EQ(text_at(user, "/role"), "premium");
            EXPECT_FALSE(user.as_object().contains("password"));
            const auto read = co_await service.get("/users/" + text_at(user, "/id"), admin);
            EXPECT_EQ(read.headers.get("ETag"), made.headers.get("ETag"));
            EXPECT_EQ(refused.status, 403);
            EXPECT_EQ(bad.status, 422);
            EXPECT_EQ(body_of(bad).at("errors").as_array().size(), 4U) << bad.body;
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UserCreation, IsDoneOncePerIdempotencyKey) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            json::Object request{{"email", "new@example.com"}, {"username", "newcomer"}, {"password", "correct horse"}};
            const http::Headers key{{"Idempotency-Key", "order-42"}};
            const http::Headers ill_formed{{"Idempotency-Key", std::string(200, 'x')}};

            neighbours.state().refusal = Error{Kind::unavailable, "database_unavailable", "the database is away"};
            const auto failed = co_await service.post("/users", request, admin, key);
            neighbours.state().refusal.reset();
            const auto made = co_await service.post("/users", request, admin, key);
            const auto again = co_await service.post("/users", request, admin, key);
            request["username"] = "another";
            const auto reused = co_await service.post("/users", request, admin, key);
            const auto malformed = co_await service.post("/users", request, admin, ill_formed);

            EXPECT_EQ(failed.status, 503);
            EXPECT_EQ(text_at(testing::data_of(again), "/id"), text_at(testing::data_of(made), "/id"));
            EXPECT_EQ(neighbours.state().accounts.size(), 1U);
            EXPECT_EQ(reused.status, 422);
            EXPECT_EQ(text_at(body_of(reused), "/code"), "idempotency_key_reused");
            EXPECT_EQ(malformed.status, 422);
            EXPECT_EQ(db.query("SELECT count(*) FROM users.creations WHERE fingerprint LIKE '%correct%'"), "0");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
