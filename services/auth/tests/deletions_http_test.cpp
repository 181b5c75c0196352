// Accounts that user-service makes and deletes: hidden at once, purged when due.
#include "services/auth/tests/auth_under_test.hpp"

#include "services/auth/deletions_repository.hpp"

namespace darkroom::accounts {
namespace {

constexpr const char* cli = "service:darkroom-cli";
constexpr const char* user_service = "service:user-service";
constexpr Milliseconds a_day = 24h;

json::Object a_creation(const char* id, const char* name) {
    return {{"id", id}, {"email", std::string(name) + "@example.com"}, {"username", name}, {"password", "correct horse"}};
}

awaitable<http::ClientResponse> log_in(AuthUnderTest& service, std::string name) {
    const json::Object login{{"email", name}, {"password", AuthUnderTest::password}};
    co_return co_await service.post("/auth/login", login);
}

TEST(AccountCreation, HasTheGivenIdRoleAndStatusAndIsDoneOnce) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        auto command = a_creation("ada-1", "ada");
        command["role"] = "premium";
        command["status"] = "suspended";

        const auto made = co_await service.post("/internal/accounts", command, user_service);
        const auto again = co_await service.post("/internal/accounts", command, user_service);
        const auto other = co_await service.post("/internal/accounts", a_creation("ada-1", "eve"), user_service);
        const auto taken = co_await service.post("/internal/accounts", a_creation("ada-2", "ada"), user_service);
        const auto stranger = co_await service.post("/internal/accounts", a_creation("bob-1", "bob"), "service:image-service");

        EXPECT_EQ(text_at(testing::data_of(made), "/role"), "premium");
        EXPECT_EQ(text_at(testing::data_of(made), "/status"), "suspended");
        EXPECT_EQ(text_at(testing::data_of(again), "/id"), "ada-1");
        EXPECT_EQ(other.status, 409);
        EXPECT_EQ(text_at(body_of(other), "/code"), "account_exists");
        EXPECT_EQ(taken.status, 409);
        EXPECT_EQ(text_at(body_of(taken), "/code"), "email_taken");
        EXPECT_EQ(stranger.status, 403);
        EXPECT_EQ(service.events(), "user.created");
    });
}

TEST(DeletedAccount, IsGoneAtOnceAndPurgedWithoutAGrace) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        const auto session = service.query("SELECT id FROM auth.sessions");

        const auto deleted = co_await service.del("/internal/accounts/" + tokens.user_id, user_service);

        EXPECT_EQ(deleted.status, 200) << deleted.body;
        const auto me = co_await service.get("/auth/me", tokens.access);
        EXPECT_EQ(me.status, 401);
        const auto login = co_await log_in(service, "ada");
        EXPECT_EQ(text_at(body_of(login), "/code"), "invalid_credentials");
        const auto refreshed = co_await service.post("/auth/refresh", json::Object{{"refresh_token", tokens.refresh}});
        EXPECT_EQ(refreshed.status, 401);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.accounts"), "0");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.sessions"), "0");
        EXPECT_EQ(service.events(), "user.created,user.login,user.logout,user.updated,user.deleted");
        // Verifiers must hear of the session for as long as its access tokens could live.
        const auto revoked = co_await service.get("/internal/revocations?since=2026-01-01T00:00:00Z", "service:image-service");
        EXPECT_NE(revoked.body.find(session), std::string::npos);
        co_await service.sign_up("ada");
    });
}

TEST(DeletedAccount, KeepsItsNamesReservedAndCanBeRestoredWithinTheGrace) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto tokens = co_await service.sign_up("ada");
            const auto target = "/internal/accounts/" + tokens.user_id;

            const auto deleted = co_await service.del(target, user_service);
            const auto again = co_await service.del(target, user_service);

            EXPECT_FALSE(testing::data_of(deleted).at("deleted_at").is_null());
            EXPECT_EQ(testing::data_of(again).at("version"), testing::data_of(deleted).at("version"));
            const auto login = co_await log_in(service, "ada");
            EXPECT_EQ(text_at(body_of(login), "/code"), "invalid_credentials");
            const auto change = co_await service.put(target, {{"full_name", "Ada"}}, user_service);
            EXPECT_EQ(change.status, 404);
            const json::Object reuse{{"email", "ADA@example.com"}, {"username", "other"}, {"password", "correct horse"}};
            const auto taken = co_await service.post("/auth/register", reuse);
            EXPECT_EQ(text_at(body_of(taken), "/code"), "email_taken");

            const auto restored = co_await service.put(target, {{"status", "active"}}, user_service);

            EXPECT_EQ(text_at(testing::data_of(restored), "/status"), "active");
            const auto back = co_await service.sign_in("ada");
            EXPECT_EQ(back.user_id, tokens.user_id);
            EXPECT_EQ(service.events(), "user.created,user.login,user.logout,user.updated,user.updated,user.login");
        },
        [](Config& config) { config.purge_after = a_day; });
}

TEST(DeletedAccount, IsNeverTheLastAdminAndOnlyUserServiceMayDelete) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object admin{{"email", "root@example.com"}, {"password", "correct horse"}};
        const auto made = co_await service.post("/internal/admins", admin, cli);
        const auto target = "/internal/accounts/" + text_at(testing::data_of(made), "/id");

        const auto last = co_await service.del(target, user_service);
        const auto stranger = co_await service.del(target, "service:image-service");
        const auto nobody = co_await service.del("/internal/accounts/nobody", user_service);
        auto second = a_creation("root-2", "second");
        second["role"] = "admin";
        co_await service.post("/internal/accounts", second, user_service);
        const auto one_of_two = co_await service.del(target, user_service);

        EXPECT_EQ(last.status, 409);
        EXPECT_EQ(text_at(body_of(last), "/code"), "last_admin");
        EXPECT_EQ(stranger.status, 403);
        EXPECT_EQ(nobody.status, 404);
        EXPECT_EQ(one_of_two.status, 200);
        EXPECT_EQ(service.query("SELECT string_agg(id, ',') FROM auth.accounts"), "root-2");
    });
}

TEST(Purge, WaitsForTheGraceAndIsDoneOnceByTwoInstances) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            AuthUnderTest service(runtime, db, {}, a_day);
            for (const auto* name : {"ada", "bob", "eve"}) {
                const auto tokens = co_await service.sign_up(name);
                co_await service.del("/internal/accounts/" + tokens.user_id, user_service);
            }
            db.query("UPDATE auth.accounts SET deleted_at = now() - interval '25 hours' WHERE username <> 'eve'");
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            DeletionsRepository one(pool);
            DeletionsRepository other(pool);

            std::vector<bool> purged;
            for (auto* repository : {&one, &other, &one}) purged.push_back(co_await repository->purge_one(a_day, "test"));

            EXPECT_EQ(purged, (std::vector{true, true, false}));
            EXPECT_EQ(db.query("SELECT string_agg(username, ',') FROM auth.accounts"), "eve");
            EXPECT_EQ(db.query("SELECT count(DISTINCT user_id) FROM auth.outbox WHERE type = 'user.deleted'"), "2");
            co_await service.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::accounts
