// The first admin, and commands from other services.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

constexpr const char* cli = "service:darkroom-cli";
constexpr const char* user_service = "service:user-service";

TEST(AdminLink, MakesOneAdminOnce) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto made = co_await service.post("/internal/admin-links", json::Object{}, cli);
        const auto url = text_at(testing::data_of(made), "/url");
        const std::string prefix = "http://gateway.test";
        testing::require(url.starts_with(prefix + "/auth/setup?token="), "the gateway's address");
        const auto token = url.substr(url.find('=') + 1);

        const auto page = co_await service.get(url.substr(prefix.size()));
        const auto bad = co_await service.form("/auth/setup", "token=" + token + "&email=x&password=short");
        const auto done =
            co_await service.form("/auth/setup", "token=" + token + "&email=root%40example.com&password=correct+horse");
        const auto again =
            co_await service.form("/auth/setup", "token=" + token + "&email=two%40example.com&password=correct+horse");

        EXPECT_EQ(page.status, 200);
        EXPECT_TRUE(page.headers.get("Content-Type").starts_with("text/html"));
        EXPECT_NE(page.headers.get("Content-Security-Policy").find("default-src 'none'"), std::string_view::npos);
        EXPECT_NE(page.body.find(token), std::string::npos);
        EXPECT_EQ(bad.status, 422);
        EXPECT_EQ(done.status, 200) << done.body;
        EXPECT_EQ(again.status, 403);
        EXPECT_EQ(service.query("SELECT string_agg(username || ' ' || role, ',') FROM auth.accounts"), "root admin");
        const auto exists = co_await service.post("/internal/admin-links", json::Object{}, cli);
        EXPECT_EQ(testing::data_of(exists).at("exists"), json::Value(true));
        co_await service.sign_in("root@example.com");
    });
}

TEST(AdminLink, ShowsNothingThatWasTypedUnescaped) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto made = co_await service.post("/internal/admin-links", json::Object{}, cli);
        const auto url = text_at(testing::data_of(made), "/url");
        const auto token = url.substr(url.find('=') + 1);

        const auto page =
            co_await service.form("/auth/setup", "token=" + token + "&email=%22%3E%3Cscript%3E&password=correct+horse");

        EXPECT_EQ(page.status, 422);
        EXPECT_EQ(page.body.find("<script>"), std::string::npos);
        const auto stranger = co_await service.get("/auth/setup?token=guessed");
        EXPECT_EQ(stranger.status, 403);
    });
}

TEST(AdminCommands, AreForTheCommandLineOnly) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object admin{{"email", "root@example.com"}, {"password", "correct horse"}};

        const auto by_service = co_await service.post("/internal/admins", admin, "service:image-service");
        const auto tokens = co_await service.sign_up("ada");
        const auto by_person = co_await service.post("/internal/admins", admin, tokens.access);
        const auto by_nobody = co_await service.post("/internal/admins", admin);
        const auto by_cli = co_await service.post("/internal/admins", admin, cli);
        const auto again = co_await service.post("/internal/admins", admin, cli);

        EXPECT_EQ(by_service.status, 403);
        EXPECT_EQ(by_person.status, 403);
        EXPECT_EQ(by_nobody.status, 401);
        EXPECT_EQ(text_at(testing::data_of(by_cli), "/role"), "admin");
        EXPECT_EQ(text_at(testing::data_of(again), "/id"), text_at(testing::data_of(by_cli), "/id"));
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.accounts WHERE role = 'admin'"), "1");
    });
}

TEST(DemoAccounts, HaveTheirIdsAndTheGivenPasswords) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        json::Object account{{"id", "premium-001"},        {"email", "premium@darkroom.example"},
                             {"username", "demo_premium"}, {"full_name", "Pia Premium"},
                             {"role", "premium"},          {"password", "correct horse"}};
        const json::Object request{{"accounts", json::Array{account}}};
        account["id"] = "intruder";
        const json::Object intruder{{"accounts", json::Array{account}}};

        const auto made = co_await service.post("/internal/demo-accounts", request, cli);
        const auto again = co_await service.post("/internal/demo-accounts", request, cli);
        const auto refused = co_await service.post("/internal/demo-accounts", intruder, cli);

        EXPECT_EQ(made.status, 200) << made.body;
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(refused.status, 422);
        const auto tokens = co_await service.sign_in("demo_premium");
        EXPECT_EQ(tokens.user_id, "premium-001");
    });
}

TEST(AccountCommand, ChangesTheAccountAndTellsWhat) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        co_await service.sign_up("eve");
        const auto target = "/internal/accounts/" + tokens.user_id;
        const json::Object rename{{"username", "lovelace"}, {"full_name", "Ada"}, {"expected_version", 1}};
        const json::Object taken{{"email", "EVE@example.com"}};

        const auto renamed = co_await service.put(target, rename, user_service);
        const auto stale = co_await service.put(target, rename, user_service);
        const auto conflict = co_await service.put(target, taken, user_service);
        const auto stranger = co_await service.put(target, rename, "service:image-service");
        const auto nobody = co_await service.put("/internal/accounts/nobody", taken, user_service);

        const auto data = testing::data_of(renamed);
        EXPECT_EQ(text_at(data, "/username"), "lovelace");
        EXPECT_EQ(data.at("version").as_int64(), 2);
        EXPECT_EQ(json::serialize(data.at("updated_fields")), R"(["username","full_name"])");
        EXPECT_EQ(stale.status, 412);
        EXPECT_EQ(conflict.status, 409);
        EXPECT_EQ(stranger.status, 403);
        EXPECT_EQ(nobody.status, 404);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.outbox WHERE type = 'user.updated'"), "1");
    });
}

TEST(AccountCommand, SuspensionAndANewRoleEndTheSessions) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        const json::Object suspend{{"status", "suspended"}};

        const auto response = co_await service.put("/internal/accounts/" + tokens.user_id, suspend, user_service);

        EXPECT_EQ(response.status, 200);
        const auto me = co_await service.get("/auth/me", tokens.access);
        EXPECT_EQ(me.status, 401);
        EXPECT_EQ(service.events(), "user.created,user.login,user.logout,user.updated");
    });
}

TEST(AccountCommand, TheLastAdminStays) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object admin{{"email", "root@example.com"}, {"password", "correct horse"}};
        const auto made = co_await service.post("/internal/admins", admin, cli);
        const json::Object demote{{"role", "user"}};

        const auto refused =
            co_await service.put("/internal/accounts/" + text_at(testing::data_of(made), "/id"), demote, user_service);

        EXPECT_EQ(refused.status, 409);
        EXPECT_EQ(text_at(body_of(refused), "/code"), "last_admin");
        EXPECT_EQ(service.query("SELECT role FROM auth.accounts"), "admin");
    });
}

}  // namespace
}  // namespace darkroom::accounts
