// Idempotency-Key: sent again, answered as before, made once.
#include "platform/async/task_group.hpp"
#include "services/auth/tests/oauth_app.hpp"

namespace darkroom::accounts {
namespace {

http::Headers with_key(std::string key) {
    return {{"Idempotency-Key", std::move(key)}};
}

json::Object ada_registers(std::string password = AuthUnderTest::password) {
    return {{"email", "ada@example.com"}, {"username", "ada"}, {"password", std::move(password)}};
}

json::Object a_key(std::string name) {
    return {{"name", std::move(name)}, {"scopes", {"images:read"}}};
}

json::Object a_client(std::string name) {
    return {{"name", std::move(name)}, {"redirect_uris", {callback}}, {"scopes", {"openid"}}};
}

void expect_reused(const http::ClientResponse& response) {
    EXPECT_EQ(response.status, 422) << response.body;
    EXPECT_EQ(text_at(body_of(response), "/code"), "idempotency_key_reused");
}

TEST(IdempotencyKey, ARegistrationSentAgainMakesOneAccount) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto first = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-1"));
        const auto again = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-1"));
        const auto other_password =
            co_await service.post("/auth/register", ada_registers("another horse"), {}, with_key("order-1"));
        const auto other_key = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-2"));
        const auto ill_formed = co_await service.post("/auth/register", ada_registers(), {}, with_key(std::string(256, 'x')));

        EXPECT_EQ(testing::data_of(first), testing::data_of(again));
        EXPECT_EQ(text_at(body_of(first), "/message"), text_at(body_of(again), "/message"));
        EXPECT_FALSE(first.headers.has("Idempotency-Replayed"));
        EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
        expect_reused(other_password);
        EXPECT_EQ(other_key.status, 409) << "a refusal is not remembered, and neither is its key";
        EXPECT_EQ(ill_formed.status, 422);
        EXPECT_EQ(service.events(), "user.created");
        EXPECT_EQ(service.query("SELECT string_agg(key, ',') FROM auth.idempotency_keys"), "order-1");
    });
}

TEST(IdempotencyKey, AnUnverifiedAccountGetsOneLink) {
    const auto verify = [](Config& config) { config.email_verification = true; };
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto first = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-1"));
            const auto again = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-1"));

            EXPECT_EQ(text_at(testing::data_of(again), "/status"), "pending");
            EXPECT_EQ(testing::data_of(first), testing::data_of(again));
            EXPECT_EQ(service.query("SELECT count(*) FROM auth.one_time_tokens"), "1");
        },
        verify);
}

TEST(IdempotencyKey, AnApiKeyIsShownAgainToItsOwnerAndNeverStoredInClear) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto eve = co_await service.sign_up("eve");

        const auto first = co_await service.post("/auth/api-keys", a_key("build"), ada.access, with_key("k"));
        const auto again = co_await service.post("/auth/api-keys", a_key("build"), ada.access, with_key("k"));
        const auto other = co_await service.post("/auth/api-keys", a_key("deploy"), ada.access, with_key("k"));
        const auto eves = co_await service.post("/auth/api-keys", a_key("build"), eve.access, with_key("k"));
        const auto register_too = co_await service.post("/auth/register", ada_registers(), ada.access, with_key("k"));

        const auto key = text_at(testing::data_of(first), "/key");
        EXPECT_EQ(testing::data_of(first), testing::data_of(again));
        EXPECT_EQ(again.headers.get("Cache-Control"), "no-store");
        expect_reused(other);
        expect_reused(register_too);
        EXPECT_NE(text_at(testing::data_of(eves), "/key"), key);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.api_keys"), "2");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.idempotency_keys k WHERE k::text LIKE '%" + key + "%'"), "0");
        const json::Object exchange{{"key", key}};
        const auto usable = co_await service.post("/internal/api-keys/exchange", exchange, "service:image-service");
        EXPECT_EQ(usable.status, 200);
    });
}

TEST(IdempotencyKey, AnApplicationIsRegisteredOnce) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);

        const auto first = co_await service.post("/oauth/clients", a_client("Printer"), admin, with_key("k"));
        const auto again = co_await service.post("/oauth/clients", a_client("Printer"), admin, with_key("k"));
        const auto other = co_await service.post("/oauth/clients", a_client("Copier"), admin, with_key("k"));

        EXPECT_EQ(testing::data_of(first), testing::data_of(again));
        EXPECT_FALSE(text_at(testing::data_of(again), "/client_secret").empty());
        expect_reused(other);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.oauth_clients"), "1");
    });
}

TEST(IdempotencyKey, HoldsForRequestsAtTheSameTime) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        std::vector<json::Value> answers;
        TaskGroup requests(service.host().runtime.executor());
        const auto one = [](AuthUnderTest& on, std::string token, std::vector<json::Value>& out) -> awaitable<> {
            const auto response = co_await on.post("/auth/api-keys", a_key("build"), std::move(token), with_key("k"));
            out.push_back(testing::data_of(response));
        };
        for (int i = 0; i < 6; ++i) requests.spawn("request", one(service, ada.access, answers));
        const bool ended = co_await testing::eventually([&] { return answers.size() == 6; }, 30s);

        EXPECT_TRUE(ended);
        for (const auto& answer : answers) EXPECT_EQ(answer, answers.front());
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.api_keys"), "1");
        co_await requests.stop(1s);
    });
}

TEST(IdempotencyKey, IsForgottenAfterADayAndWithTheAccount) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto first = co_await service.post("/auth/api-keys", a_key("build"), ada.access, with_key("k"));
        service.query("UPDATE auth.idempotency_keys SET created_at = now() - interval '25 h' RETURNING key");

        const auto next_day = co_await service.post("/auth/api-keys", a_key("build"), ada.access, with_key("k"));

        EXPECT_NE(text_at(testing::data_of(next_day), "/key"), text_at(testing::data_of(first), "/key"));
        service.query("DELETE FROM auth.accounts RETURNING id");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.idempotency_keys"), "0");
    });
}

TEST(IdempotencyKey, IsRefusedWhereAnswersCannotBeSealed) {
    const auto no_key = [](Config& config) { config.encryption_key_file.clear(); };
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto refused = co_await service.post("/auth/register", ada_registers(), {}, with_key("order-1"));
            const auto without = co_await service.post("/auth/register", ada_registers());

            EXPECT_EQ(refused.status, 503);
            EXPECT_EQ(text_at(body_of(refused), "/code"), "idempotency_unavailable");
            EXPECT_EQ(without.status, 200);
        },
        no_key);
}

}  // namespace
}  // namespace darkroom::accounts
