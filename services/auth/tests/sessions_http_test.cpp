// Staying signed in and ceasing to be, over HTTP on a real database and a real Redis.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

awaitable<http::ClientResponse> refresh(AuthUnderTest& service, std::string token) {
    const json::Object body{{"refresh_token", token}};
    co_return co_await service.post("/auth/refresh", body);
}

std::string session_of(AuthUnderTest& service) {
    return service.query("SELECT id FROM auth.sessions ORDER BY created_at DESC LIMIT 1");
}

TEST(Refresh, TradesTheTokenForANewOne) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");

        const auto response = co_await refresh(service, tokens.refresh);

        const auto data = testing::data_of(response);
        EXPECT_NE(text_at(data, "/refresh_token"), tokens.refresh);
        EXPECT_EQ(text_at(data, "/user/id"), tokens.user_id);
        const auto me = co_await service.get("/auth/me", text_at(data, "/access_token"));
        EXPECT_EQ(me.status, 200);
        EXPECT_EQ(service.events(), "user.created,user.login,token.refreshed");
    });
}

TEST(Refresh, ReuseEndsTheWholeFamilyAccessTokensIncluded) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        const auto renewed = co_await refresh(service, tokens.refresh);
        const auto data = testing::data_of(renewed);

        const auto reuse = co_await refresh(service, tokens.refresh);
        const auto owner = co_await refresh(service, text_at(data, "/refresh_token"));
        const auto me = co_await service.get("/auth/me", text_at(data, "/access_token"));

        EXPECT_EQ(reuse.status, 401);
        EXPECT_EQ(text_at(body_of(reuse), "/code"), "refresh_token_reused");
        EXPECT_EQ(owner.status, 401);
        EXPECT_EQ(me.status, 401);
        EXPECT_EQ(service.events(), "user.created,user.login,token.refreshed,user.logout,audit.refresh_reused");
        const auto key = co_await service.host().redis.command({"TTL", "darkroom:revoked:" + session_of(service)});
        EXPECT_GT(key.integer(), 800);
    });
}

TEST(Refresh, TakesTheTokenBeforeOnceMoreWithinAGrace) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto tokens = co_await service.sign_up("ada");
            const auto first_tab = co_await refresh(service, tokens.refresh);
            const auto second_tab = co_await refresh(service, tokens.refresh);
            const auto second = text_at(testing::data_of(second_tab), "/refresh_token");
            const auto goes_on = co_await refresh(service, second);

            EXPECT_EQ(first_tab.status, 200);
            EXPECT_EQ(goes_on.status, 200);
            const auto far_behind = co_await refresh(service, tokens.refresh);
            EXPECT_EQ(far_behind.status, 401) << "only the one before";
            EXPECT_EQ(text_at(body_of(far_behind), "/code"), "refresh_token_reused");
        },
        [](Config& config) { config.refresh_grace = 30s; });
}

TEST(Refresh, KnowsATokenThatIsOlderThanTheGrace) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto tokens = co_await service.sign_up("ada");
            co_await refresh(service, tokens.refresh);
            service.query("UPDATE auth.sessions SET rotated_at = now() - interval '31 seconds'");

            const auto late = co_await refresh(service, tokens.refresh);

            EXPECT_EQ(text_at(body_of(late), "/code"), "refresh_token_reused");
        },
        [](Config& config) { config.refresh_grace = 30s; });
}

TEST(Refresh, RefusesWhatWasNeverIssuedWithoutHarm) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");

        const auto forged = co_await refresh(service, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        const auto access = co_await refresh(service, tokens.access);

        EXPECT_EQ(forged.status, 401);
        EXPECT_EQ(text_at(body_of(forged), "/code"), "refresh_token_invalid");
        EXPECT_EQ(access.status, 401);
        const auto me = co_await service.get("/auth/me", tokens.access);
        EXPECT_EQ(me.status, 200);
    });
}

TEST(Refresh, AnExpiredSessionIsOver) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        service.query("UPDATE auth.sessions SET expires_at = now() - interval '1 second'");

        const auto late = co_await refresh(service, tokens.refresh);

        EXPECT_EQ(late.status, 401);
        EXPECT_EQ(text_at(body_of(late), "/code"), "refresh_token_expired");
    });
}

// Two tabs that race: whoever comes second has used an old token, and the grace for that is off.
TEST(Refresh, OfTwoAtOnceOnlyOneWins) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        std::vector<int> statuses;
        const auto one = [](AuthUnderTest& under_test, std::string token, std::vector<int>& results) -> awaitable<> {
            const auto response = co_await refresh(under_test, token);
            results.push_back(response.status);
        };
        service.host().runtime.tasks().spawn("first", one(service, tokens.refresh, statuses));
        service.host().runtime.tasks().spawn("second", one(service, tokens.refresh, statuses));

        const bool done = co_await testing::eventually([&statuses] { return statuses.size() == 2; });

        testing::require(done, "both answers");
        std::ranges::sort(statuses);
        EXPECT_EQ(statuses, (std::vector<int>{200, 401}));
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.sessions WHERE revoked_at IS NOT NULL"), "1");
    });
}

TEST(Logout, EndsTheSessionEverywhere) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        redis::Subscriber subscriber(service.host().runtime.executor(), service.host().runtime.cpu(),
                                     {.url = service.host().redis_url});
        std::string announced;
        subscriber.subscribe("darkroom.revoked", [&announced](std::string_view session) { announced = session; });
        subscriber.start();
        const bool ready = co_await testing::eventually([&subscriber] { return subscriber.connected(); });
        testing::require(ready, "a subscription");

        const auto response = co_await service.post("/auth/logout", json::Object{}, tokens.access);

        EXPECT_EQ(response.status, 200);
        const auto me = co_await service.get("/auth/me", tokens.access);
        const auto renewed = co_await refresh(service, tokens.refresh);
        EXPECT_EQ(me.status, 401);
        EXPECT_EQ(renewed.status, 401);
        const auto session = session_of(service);
        const bool told = co_await testing::eventually([&] { return announced == session; });
        EXPECT_TRUE(told);
        const json::Object token{{"token", tokens.access}};
        const auto validated = co_await service.post("/auth/validate", token);
        EXPECT_EQ(body_of(validated).at("success"), json::Value(false));
        const auto listed = co_await service.get("/internal/revocations?since=2026-01-01T00:00:00Z", "service:image-service");
        EXPECT_EQ(text_at(testing::data_of(listed), "/session_ids/0"), session);
    });
}

TEST(Sessions, TellWhereAndOnWhatTheyAreUsed) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        const http::Headers phone{{"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Version/18.1 Safari/604.1"},
                                  {"X-Forwarded-For", "198.51.100.7, 203.0.113.9"}};

        const auto tokens = co_await service.sign_in("ada", phone);

        const auto listed = co_await service.get("/auth/sessions", tokens.access);
        const auto newest = testing::data_of(listed).at_pointer("/sessions/0");
        EXPECT_EQ(text_at(newest, "/device"), "Safari on iPhone");
        // What the trusted gateway saw; what stands further left is what the client wrote.
        EXPECT_EQ(text_at(newest, "/ip"), "203.0.113.9");
        EXPECT_TRUE(newest.at("current").as_bool());
        EXPECT_TRUE(newest.at("last_used_at").is_string());
    });
}

TEST(Login, SaysWhenTheDeviceIsNew) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        const http::Headers firefox{{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Firefox/132.0"}};
        const http::Headers updated{{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0"}};

        co_await service.sign_in("ada", firefox);
        co_await service.sign_in("ada", updated);

        EXPECT_EQ(service.query("SELECT string_agg(data::json->>'new_device', ' ' ORDER BY sequence) FROM auth.outbox "
                                "WHERE type = 'user.login'"),
                  "false true false");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.outbox WHERE data::json->>'ip' = '127.0.0.1'"), "3");
    });
}

TEST(Sessions, AreListedAndEndedByTheirOwnerOnly) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto eve = co_await service.sign_up("eve");
        const auto phone = co_await service.sign_up("ada");
        const auto laptop = co_await service.sign_in("ada");

        const auto listed = co_await service.get("/auth/sessions", laptop.access);

        const auto data = testing::data_of(listed);
        EXPECT_EQ(data.at_pointer("/pagination/total").as_int64(), 2);
        EXPECT_TRUE(data.at_pointer("/sessions/0/current").as_bool());
        EXPECT_FALSE(data.at_pointer("/sessions/1/current").as_bool());
        const auto target = "/auth/sessions/" + text_at(data, "/sessions/1/id");
        const auto foreign = co_await service.del(target, eve.access);
        const auto own = co_await service.del(target, laptop.access);
        EXPECT_EQ(foreign.status, 404);
        EXPECT_EQ(own.status, 200);
        EXPECT_EQ(service.query("SELECT user_id || ' ' || (data::json->>'subject_id') FROM auth.outbox "
                                "WHERE type = 'audit.session_revoked'"),
                  phone.user_id + ' ' + text_at(data, "/sessions/1/id"));
        const auto phone_me = co_await service.get("/auth/me", phone.access);
        const auto laptop_me = co_await service.get("/auth/me", laptop.access);
        EXPECT_EQ(phone_me.status, 401);
        EXPECT_EQ(laptop_me.status, 200);
    });
}

TEST(Password, ChangeEndsEveryOtherSession) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto phone = co_await service.sign_up("ada");
        const auto laptop = co_await service.sign_in("ada");
        const json::Object wrong{{"old_password", "wrong horse"}, {"new_password", "battery staple"}};
        const json::Object right{{"old_password", "correct horse"}, {"new_password", "battery staple"}};

        const auto refused = co_await service.post("/auth/password/change", wrong, laptop.access);
        const auto changed = co_await service.post("/auth/password/change", right, laptop.access);

        EXPECT_EQ(refused.status, 403);
        EXPECT_EQ(text_at(body_of(refused), "/code"), "wrong_password");
        EXPECT_EQ(changed.status, 200);
        const auto phone_me = co_await service.get("/auth/me", phone.access);
        const auto laptop_me = co_await service.get("/auth/me", laptop.access);
        EXPECT_EQ(phone_me.status, 401);
        EXPECT_EQ(laptop_me.status, 200);
        const json::Object old_login{{"email", "ada"}, {"password", "correct horse"}};
        const json::Object new_login{{"email", "ada"}, {"password", "battery staple"}};
        const auto old_one = co_await service.post("/auth/login", old_login);
        const auto new_one = co_await service.post("/auth/login", new_login);
        EXPECT_EQ(old_one.status, 401);
        EXPECT_EQ(new_one.status, 200);
    });
}

}  // namespace
}  // namespace darkroom::accounts
