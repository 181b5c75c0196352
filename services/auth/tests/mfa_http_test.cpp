// The second factor, and how many guesses a password gets.
#include "services/auth/domain/totp.hpp"
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

/// What an authenticator app does with the secret it was shown.
std::string decoded(std::string_view base32) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string bytes;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : base32) {
        buffer = (buffer << 5) | static_cast<std::uint32_t>(alphabet.find(c));
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(buffer >> bits);
    }
    return bytes;
}

/// Of the present step, or of one that comes.
std::string code_of(const json::Value& setup, std::int64_t later = 0) {
    return totp_code(decoded(text_at(setup, "/secret")), totp_step(now()) + later);
}

awaitable<http::ClientResponse> sign_in(AuthUnderTest& service, json::Object more = {}) {
    json::Object login{{"email", "ada"}, {"password", AuthUnderTest::password}};
    for (auto& member : more) login[member.key()] = member.value();
    co_return co_await service.post("/auth/login", login);
}

/// Ada with her app; the codes are shown once.
awaitable<json::Value> enabled(AuthUnderTest& service, std::string token) {
    const auto made = co_await service.post("/auth/mfa/totp/setup", nullptr, token);
    auto setup = testing::data_of(made);
    const auto confirmed = co_await service.post("/auth/mfa/totp/confirm", json::Object{{"otp", code_of(setup)}}, token);
    testing::data_of(confirmed);
    co_return setup;
}

TEST(SecondFactor, IsAskedForOnceItIsConfirmed) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto made = co_await service.post("/auth/mfa/totp/setup", nullptr, ada.access);
        const auto setup = testing::data_of(made);
        const auto unconfirmed = co_await sign_in(service);
        const auto wrong = co_await service.post("/auth/mfa/totp/confirm", json::Object{{"otp", "000000"}}, ada.access);
        const auto confirmed =
            co_await service.post("/auth/mfa/totp/confirm", json::Object{{"otp", code_of(setup)}}, ada.access);

        const auto without = co_await sign_in(service);
        const auto with = co_await sign_in(service, {{"otp", code_of(setup)}});
        const auto replayed = co_await sign_in(service, {{"otp", code_of(setup)}});
        const auto next = co_await sign_in(service, {{"otp", code_of(setup, 1)}});
        const auto again = co_await service.post("/auth/mfa/totp/setup", nullptr, ada.access);
        const auto state = co_await service.get("/auth/mfa", ada.access);

        EXPECT_EQ(unconfirmed.status, 200);
        EXPECT_EQ(wrong.status, 403);
        EXPECT_EQ(confirmed.status, 200);
        EXPECT_EQ(without.status, 401);
        EXPECT_EQ(text_at(body_of(without), "/code"), "otp_required");
        EXPECT_EQ(with.status, 200) << with.body;
        EXPECT_EQ(replayed.status, 401) << "a code is good once";
        EXPECT_EQ(text_at(body_of(replayed), "/code"), "otp_invalid");
        EXPECT_EQ(next.status, 200);
        EXPECT_EQ(again.status, 409);
        EXPECT_EQ(testing::data_of(state).at("totp_enabled"), json::Value(true));
        EXPECT_EQ(testing::data_of(state).at("recovery_codes_left"), json::Value(10));
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.totp_factors WHERE sealed_secret LIKE '%" +
                                text_at(setup, "/secret") + "%'"),
                  "0");
        EXPECT_NE(service.events().find("audit.mfa_enabled"), std::string::npos);
    });
}

TEST(SecondFactor, IsAskedForByThePasswordGrantToo) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto setup = co_await enabled(service, ada.access);
        const std::string form = "grant_type=password&username=ada&password=correct+horse";

        const auto without = co_await service.form("/auth/token", form);
        const auto with = co_await service.form("/auth/token", form + "&otp=" + code_of(setup));

        EXPECT_EQ(without.status, 400);
        EXPECT_EQ(text_at(body_of(without), "/error"), "invalid_grant");
        EXPECT_EQ(with.status, 200);
    });
}

TEST(SecondFactor, IsReplacedByARecoveryCodeOnceAndGivenUpWithACode) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto setup = co_await enabled(service, ada.access);
        const auto code = text_at(setup, "/recovery_codes/3");

        const auto first = co_await sign_in(service, {{"otp", code}});
        const auto second = co_await sign_in(service, {{"otp", code}});
        const auto guessed = co_await service.post("/auth/mfa/totp/disable", json::Object{{"otp", "000000"}}, ada.access);
        const json::Object other{{"otp", text_at(setup, "/recovery_codes/4")}};
        const auto disabled = co_await service.post("/auth/mfa/totp/disable", other, ada.access);
        const auto without = co_await sign_in(service);

        EXPECT_EQ(first.status, 200) << first.body;
        EXPECT_EQ(second.status, 401);
        EXPECT_EQ(guessed.status, 403);
        EXPECT_EQ(disabled.status, 200) << disabled.body;
        EXPECT_EQ(without.status, 200);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.recovery_codes"), "0");
    });
}

TEST(SecondFactor, CannotBeSetUpWithoutAKeyToSealItWith) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await service.sign_up("ada");

            const auto made = co_await service.post("/auth/mfa/totp/setup", nullptr, ada.access);

            EXPECT_EQ(made.status, 503);
            EXPECT_EQ(text_at(body_of(made), "/code"), "mfa_unavailable");
        },
        [](Config& config) { config.encryption_key_file.clear(); });
}

TEST(Lockout, ClosesTheDoorAfterTenFailuresAndTellsTheOwner) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        for (int i = 0; i < 10; ++i) {
            const auto wrong = co_await sign_in(service, {{"password", "wrong password"}});
            EXPECT_EQ(wrong.status, 401) << i;
            const auto nobody = co_await sign_in(service, {{"email", "nobody"}, {"password", "wrong password"}});
            EXPECT_EQ(nobody.status, 401) << i;
        }

        const auto right = co_await sign_in(service);
        const auto nobody = co_await sign_in(service, {{"email", "NOBODY"}});
        const auto me = co_await service.get("/auth/me", ada.access);

        EXPECT_EQ(right.status, 429) << right.body;
        EXPECT_EQ(text_at(body_of(right), "/code"), "account_locked");
        const auto wait = std::stoi(std::string(right.headers.get("Retry-After")));
        EXPECT_TRUE(wait > 0 && wait <= 60) << wait;
        EXPECT_EQ(nobody.status, 429) << "a name that nobody has is treated alike";
        EXPECT_EQ(me.status, 200) << "who is signed in stays so";
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.pending_mails WHERE template = 'account_locked'"), "1");
        EXPECT_NE(service.events().find("audit.login_failed,audit.account_locked"), std::string::npos);
        service.query("UPDATE auth.login_failures SET locked_until = now()");
        const auto later = co_await sign_in(service);
        EXPECT_EQ(later.status, 200);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.login_failures WHERE subject = '" + ada.user_id + "'"), "0");
    });
}

TEST(Lockout, CountsWrongCodesButNotTheFirstQuestionForOne) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        co_await enabled(service, ada.access);

        co_await sign_in(service);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.login_failures"), "0");
        for (int i = 0; i < 10; ++i) co_await sign_in(service, {{"otp", "000000"}});
        const auto locked = co_await sign_in(service, {{"otp", "000000"}});

        EXPECT_EQ(locked.status, 429);
    });
}

TEST(AddressLimit, StopsAMachineThatTriesManyNames) {
    auto database = an_auth_database();
    testing::RedisServer redis;
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db, testing::RedisServer& server) -> awaitable<> {
            AuthUnderTest service(runtime, db, server.url());
            co_await service.sign_up("ada");
            const auto wrong = co_await sign_in(service, {{"password", "wrong password"}});
            EXPECT_EQ(wrong.status, 401);
            const auto keys = co_await service.host().redis.command({"KEYS", "darkroom:login:failures:*"});
            testing::require(keys.array().size() == 1, "one address has failed");
            const std::string key(keys.array().front().text());

            co_await service.host().redis.command({"INCRBY", key, "299"});
            const auto barred = co_await sign_in(service);

            EXPECT_EQ(barred.status, 429);
            EXPECT_EQ(text_at(body_of(barred), "/code"), "too_many_attempts");
            co_await service.stop();
        },
        database, redis);
}

}  // namespace
}  // namespace darkroom::accounts
