// What still works, and what is said, while a dependency is away.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

awaitable<bool> has_key(AuthUnderTest& service, std::string key) {
    if (!service.host().redis.connected()) co_return false;
    const auto exists = co_await service.host().redis.command({"EXISTS", std::move(key)});
    co_return exists.integer() == 1;
}

awaitable<bool> can_sign_in(AuthUnderTest& service, json::Object login) {
    const auto response = co_await service.post("/auth/login", std::move(login));
    co_return response.status == 200;
}

TEST(RedisAway, SessionsEndAllTheSameAndAreAnnouncedLater) {
    auto database = an_auth_database();
    testing::RedisServer redis;
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db, testing::RedisServer& server) -> awaitable<> {
            AuthUnderTest service(runtime, db, server.url());
            const auto tokens = co_await service.sign_up("ada");
            server.kill();

            const auto response = co_await service.post("/auth/logout", json::Object{}, tokens.access);

            EXPECT_EQ(response.status, 200);
            const auto me = co_await service.get("/auth/me", tokens.access);
            EXPECT_EQ(me.status, 401);
            const auto session = db.query("SELECT id FROM auth.sessions");
            const auto listed =
                co_await service.get("/internal/revocations?since=2026-01-01T00:00:00Z", "service:image-service");
            EXPECT_EQ(text_at(testing::data_of(listed), "/session_ids/0"), session);
            server.start();
            const auto announced = [&service, session] { return has_key(service, "darkroom:revoked:" + session); };
            const bool told = co_await testing::eventually_async(announced);
            EXPECT_TRUE(told);
            co_await service.stop();
        },
        database, redis);
}

TEST(Restart, AnnouncesWhatWasRevokedShortlyBefore) {
    auto database = an_auth_database();
    testing::RedisServer redis;
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db, testing::RedisServer& server) -> awaitable<> {
            {
                AuthUnderTest killed(runtime, db);
                co_await killed.sign_up("ada");
                db.query("UPDATE auth.sessions SET revoked_at = now()");
                co_await killed.stop();
            }

            AuthUnderTest restarted(runtime, db, server.url());

            const auto session = db.query("SELECT id FROM auth.sessions");
            const auto announced = [&restarted, session] { return has_key(restarted, "darkroom:revoked:" + session); };
            const bool told = co_await testing::eventually_async(announced);
            EXPECT_TRUE(told);
            co_await restarted.stop();
        },
        database, redis);
}

TEST(DatabaseAway, IsSaidWithRetryAfterAndPasses) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            AuthUnderTest service(runtime, db);
            co_await service.sign_up("ada");
            const json::Object login{{"email", "ada"}, {"password", "correct horse"}};
            db.accept_connections(false);

            const auto away = co_await service.post("/auth/login", login);
            const auto ready = co_await service.get("/health/ready");
            db.accept_connections(true);
            const auto works_again = [&service, login] { return can_sign_in(service, login); };
            const bool back = co_await testing::eventually_async(works_again);

            EXPECT_EQ(away.status, 503);
            EXPECT_TRUE(away.headers.has("Retry-After"));
            EXPECT_EQ(ready.status, 503);
            EXPECT_TRUE(back);
            co_await service.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::accounts
