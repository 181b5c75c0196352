// "Last used" of GET /auth/sessions moves with use: by way of Redis, without any request that waits for it.
#include "platform/auth/session_activity.hpp"
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

void store_quickly(Config& config) {
    config.session_use_interval = 20ms;
}

std::string used_just_now(AuthUnderTest& service, const std::string& username) {
    return service.query(
        "SELECT s.last_used_at > now() - interval '1 minute' FROM auth.sessions s JOIN auth.accounts a "
        "ON a.id = s.account_id WHERE a.username = '" +
        username + "'");
}

awaitable<bool> is_gone(redis::Client& client, std::string key) {
    const auto left = co_await client.command({"EXISTS", key});
    co_return left.integer() == 0;
}

TEST(SessionUse, MovesWithEveryRequestAndOnlyOfTheSessionThatMadeIt) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await service.sign_up("ada");
            co_await service.sign_up("eve");
            service.query("UPDATE auth.sessions SET last_used_at = now() - interval '1 hour' RETURNING id");

            const auto me = co_await service.get("/auth/me", ada.access);
            const bool moved = co_await testing::eventually([&] { return used_just_now(service, "ada") == "t"; });

            EXPECT_EQ(me.status, 200);
            EXPECT_TRUE(moved);
            EXPECT_EQ(used_just_now(service, "eve"), "f");
        },
        store_quickly);
}

TEST(SessionUse, NeverGoesBackAndPassesOverWhatItDoesNotKnow) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            co_await service.sign_up("ada");
            const auto session = service.query("SELECT id FROM auth.sessions");
            const std::string key(auth::SessionActivity::key);
            auto& redis = service.host().redis;

            co_await redis.command({"ZADD", key, "1000", session, "2000", "nobody", "1.5e300", "odd"});
            const bool fetched = co_await testing::eventually_async([&] { return is_gone(redis, key); });

            EXPECT_TRUE(fetched);
            EXPECT_EQ(used_just_now(service, "ada"), "t");
        },
        store_quickly);
}

TEST(SessionActivity, IsBoundedAndKeepsTheLatest) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& one) -> awaitable<> {
            redis::Client client(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(one.url()).value()});
            const bool connected = co_await testing::eventually([&client] { return client.connected(); });
            testing::require(connected, "Redis");
            auth::SessionActivity activity(client, {.max_sessions = 1000});
            const std::string key(auth::SessionActivity::key);

            for (int i = 0; i < 1500; ++i) activity.note(SessionId::trusted("session-" + std::to_string(i)));
            co_await client.command({"ZADD", key, "9000000000000", "session-0"});
            activity.write();
            activity.write();

            const auto replies = co_await client.commands({{"ZCARD", key}, {"ZSCORE", key, "session-0"}, {"TTL", key}});
            EXPECT_EQ(replies[0].integer(), 1000);
            EXPECT_EQ(replies[1].text(), "9000000000000") << "somebody saw it later";
            EXPECT_GT(replies[2].integer(), 3000);
        },
        server);
}

}  // namespace
}  // namespace darkroom::accounts
