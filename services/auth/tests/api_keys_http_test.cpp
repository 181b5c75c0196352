// Keys for programs: made once, narrower than their owner, withdrawn at once.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

constexpr const char* any_service = "service:image-service";
constexpr const char* user_service = "service:user-service";

json::Object a_key(json::Array scopes) {
    return {{"name", "build server"}, {"scopes", std::move(scopes)}};
}

/// What every service does with an X-API-Key: see platform/auth/api_keys.
awaitable<http::ClientResponse> exchange(AuthUnderTest& service, std::string key) {
    co_return co_await service.post("/internal/api-keys/exchange", json::Object{{"key", key}}, any_service);
}

awaitable<json::Value> create(AuthUnderTest& service, std::string token) {
    const auto made = co_await service.post("/auth/api-keys", a_key({"images:read", "users:self"}), std::move(token));
    co_return testing::data_of(made);
}

TEST(ApiKeys, AreShownOnceAndListedWithoutTheirSecret) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");

        const auto made = co_await create(service, ada.access);
        const auto listed = co_await service.get("/auth/api-keys", ada.access);

        const auto key = text_at(made, "/key");
        EXPECT_TRUE(key.starts_with(text_at(made, "/prefix")));
        EXPECT_EQ(json::serialize(made.at("scopes")), R"(["images:read","users:self"])");
        EXPECT_EQ(listed.body.find(key), std::string::npos);
        const auto data = testing::data_of(listed);
        EXPECT_EQ(text_at(data, "/api_keys/0/id"), text_at(made, "/id"));
        EXPECT_EQ(data.at("pagination").at("total"), json::Value(1));
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.api_keys WHERE api_keys::text LIKE '%" + key + "%'"), "0");
        EXPECT_EQ(service.events(), "user.created,user.login,audit.api_key_created");
    });
}

TEST(ApiKeys, AreTradedForTokensThatDoLessThanTheirOwner) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto made = co_await create(service, ada.access);

        const auto traded = co_await exchange(service, text_at(made, "/key"));
        const auto token = text_at(testing::data_of(traded), "/access_token");
        const auto more_keys = co_await service.post("/auth/api-keys", a_key({"images:read"}), token);
        const auto sessions = co_await service.get("/auth/sessions", token);
        const json::Object change{{"old_password", service.password}, {"new_password", "another horse"}};
        const auto password = co_await service.post("/auth/password/change", change, token);
        const auto validated = co_await service.post("/auth/validate", json::Object{{"token", token}});
        const auto by_person =
            co_await service.post("/internal/api-keys/exchange", json::Object{{"key", text_at(made, "/key")}}, ada.access);

        EXPECT_LE(testing::data_of(traded).at("expires_in").as_int64(), 300);
        EXPECT_EQ(more_keys.status, 403);
        EXPECT_EQ(text_at(body_of(more_keys), "/code"), "session_required");
        EXPECT_EQ(sessions.status, 403);
        EXPECT_EQ(password.status, 403);
        EXPECT_EQ(body_of(validated).at("success"), json::Value(true)) << validated.body;
        EXPECT_EQ(by_person.status, 403);
        EXPECT_NE(service.query("SELECT last_used_at FROM auth.api_keys"), "");
    });
}

TEST(ApiKeys, EndAtOnceWithTheirTokensWhenTheyAreDeleted) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto eve = co_await service.sign_up("eve");
        const auto made = co_await create(service, ada.access);
        const auto traded = co_await exchange(service, text_at(made, "/key"));
        const auto token = text_at(testing::data_of(traded), "/access_token");
        const auto before = co_await service.get("/auth/me", token);

        const auto foreign = co_await service.del("/auth/api-keys/" + text_at(made, "/id"), eve.access);
        const auto deleted = co_await service.del("/auth/api-keys/" + text_at(made, "/id"), ada.access);
        const auto after = co_await service.get("/auth/me", token);
        const auto again = co_await exchange(service, text_at(made, "/key"));

        EXPECT_EQ(before.status, 200) << before.body;
        EXPECT_EQ(foreign.status, 404);
        EXPECT_EQ(deleted.status, 200);
        EXPECT_EQ(after.status, 401);
        EXPECT_EQ(again.status, 404);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.ended_sessions"), "1");
        EXPECT_TRUE(service.events().ends_with("audit.api_key_created,audit.api_key_deleted")) << service.events();
    });
}

TEST(ApiKeys, GoOnWithNewRightsWhenTheRoleOfTheirOwnerChanges) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto made = co_await create(service, ada.access);
        const auto traded = co_await exchange(service, text_at(made, "/key"));
        const auto token = text_at(testing::data_of(traded), "/access_token");

        const auto demoted =
            co_await service.put("/internal/accounts/" + ada.user_id, json::Object{{"role", "guest"}}, user_service);
        const auto old = co_await service.get("/auth/me", token);
        const auto traded_again = co_await exchange(service, text_at(made, "/key"));
        const auto fresh = text_at(testing::data_of(traded_again), "/access_token");
        const auto validated = co_await service.post("/auth/validate", json::Object{{"token", fresh}});
        const auto suspended =
            co_await service.put("/internal/accounts/" + ada.user_id, json::Object{{"status", "suspended"}}, user_service);
        const auto refused = co_await exchange(service, text_at(made, "/key"));

        EXPECT_EQ(demoted.status, 200);
        EXPECT_EQ(old.status, 401);
        EXPECT_EQ(text_at(testing::data_of(validated), "/user/role"), "guest");
        EXPECT_EQ(suspended.status, 200);
        EXPECT_EQ(refused.status, 404);
    });
}

TEST(ApiKeys, RefuseWhatTheyCannotPromise) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");

        const auto too_much = co_await service.post("/auth/api-keys", a_key({"users:manage"}), ada.access);
        const auto nothing = co_await service.post("/auth/api-keys", a_key({}), ada.access);
        auto past = a_key({"images:read"});
        past["expires_at"] = "2020-01-01T00:00:00Z";
        const auto expired = co_await service.post("/auth/api-keys", past, ada.access);
        const auto anonymous = co_await service.post("/auth/api-keys", a_key({"images:read"}));
        const auto unknown = co_await exchange(service, "dk_nobody");

        EXPECT_EQ(too_much.status, 422);
        EXPECT_EQ(text_at(body_of(too_much), "/errors/0/field"), "scopes[0]");
        EXPECT_EQ(nothing.status, 422);
        EXPECT_EQ(expired.status, 422);
        EXPECT_EQ(text_at(body_of(expired), "/errors/0/field"), "expires_at");
        EXPECT_EQ(anonymous.status, 401);
        EXPECT_EQ(unknown.status, 404);
        service.query(
            "INSERT INTO auth.api_keys (id, account_id, name, prefix, key_hash, scopes, grant_id) SELECT 'k' || n, '" +
            ada.user_id + "', 'n', 'p', 'h' || n, '{images:read}', 'g' || n FROM generate_series(1, 50) AS n");
        const auto one_more = co_await service.post("/auth/api-keys", a_key({"images:read"}), ada.access);
        EXPECT_EQ(one_more.status, 409);
    });
}

TEST(ApiKeys, AreNotGoodBeyondTheirTime) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto made = co_await create(service, ada.access);
        service.query("UPDATE auth.api_keys SET expires_at = now() + interval '20 seconds'");
        const auto traded = co_await exchange(service, text_at(made, "/key"));
        EXPECT_LE(testing::data_of(traded).at("expires_in").as_int64(), 20);

        service.query("UPDATE auth.api_keys SET expires_at = now()");
        const auto late = co_await exchange(service, text_at(made, "/key"));

        EXPECT_EQ(late.status, 404);
    });
}

}  // namespace
}  // namespace darkroom::accounts
