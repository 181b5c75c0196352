// What is done through a mailbox: a new password, a confirmed address.
#include "services/auth/tests/auth_under_test.hpp"

#include <functional>

namespace darkroom::accounts {
namespace {

/// The token in the newest mail of that template; waits for it.
awaitable<std::string> mailed_token(AuthUnderTest& service, std::string template_name) {
    const auto link = "SELECT content->>'link' FROM auth.pending_mails WHERE template = '" + template_name +
                      "' ORDER BY created_at DESC LIMIT 1";
    std::string found;
    co_await testing::eventually([&] {
        found = service.query(link);
        return !found.empty();
    });
    co_return found.substr(found.find("token=") + 6);
}

json::Object reset_with(const std::string& token, std::string password) {
    return {{"token", token}, {"new_password", std::move(password)}};
}

awaitable<http::ClientResponse> sign_in_with(AuthUnderTest& service, std::string name, std::string password) {
    const json::Object login{{"email", std::move(name)}, {"password", std::move(password)}};
    co_return co_await service.post("/auth/login", login);
}

TEST(PasswordReset, SetsThePasswordOnceAndEndsEverySession) {
    const auto body = [](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto known = co_await service.post("/auth/password/forgot", json::Object{{"email", "ADA@example.com"}});
        const auto unknown = co_await service.post("/auth/password/forgot", json::Object{{"email", "eve@example.com"}});
        const auto token = co_await mailed_token(service, "password_reset");

        const auto page = co_await service.get("/auth/password/reset?token=" + token);
        const auto weak = co_await service.post("/auth/password/reset", reset_with(token, "short"));
        const auto common = co_await service.post("/auth/password/reset", reset_with(token, "iloveyou"));
        const auto done = co_await service.post("/auth/password/reset", reset_with(token, "another horse"));
        const auto again = co_await service.post("/auth/password/reset", reset_with(token, "third horse"));

        EXPECT_EQ(text_at(body_of(known), "/message"), text_at(body_of(unknown), "/message"));
        EXPECT_EQ(page.status, 200);
        EXPECT_EQ(weak.status, 422);
        EXPECT_EQ(text_at(body_of(weak), "/errors/0/field"), "new_password");
        EXPECT_EQ(text_at(body_of(common), "/errors/0/field"), "new_password");
        EXPECT_EQ(done.status, 200) << done.body;
        EXPECT_EQ(again.status, 422);
        EXPECT_EQ(text_at(body_of(again), "/code"), "link_invalid");
        const auto old_session = co_await service.get("/auth/me", ada.access);
        EXPECT_EQ(old_session.status, 401);
        const auto old_password = co_await sign_in_with(service, "ada", AuthUnderTest::password);
        EXPECT_EQ(old_password.status, 401);
        const auto new_password = co_await sign_in_with(service, "ada", "another horse");
        EXPECT_EQ(new_password.status, 200);
        EXPECT_NE(service.events().find("audit.password_reset_requested,user.logout,user.updated,audit.password_reset"),
                  std::string::npos)
            << service.events();
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.pending_mails WHERE template = 'password_changed'"), "1");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.one_time_tokens"), "0");
    };
    with_service(body, [](Config& config) { config.refuse_guessable_passwords = true; });
}

TEST(PasswordReset, WorksInABrowserWithoutAScript) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        co_await service.post("/auth/password/forgot", json::Object{{"email", "ada@example.com"}});
        const auto token = co_await mailed_token(service, "password_reset");

        const auto weak = co_await service.form("/auth/password/reset", "new_password=short&token=" + token);
        const auto done = co_await service.form("/auth/password/reset", "new_password=another+horse&token=" + token);
        const auto again = co_await service.form("/auth/password/reset", "new_password=another+horse&token=" + token);
        const auto stranger = co_await service.get("/auth/password/reset?token=%22%3E%3Cscript%3E");

        EXPECT_EQ(weak.status, 422);
        EXPECT_TRUE(weak.headers.get("Content-Type").starts_with("text/html"));
        EXPECT_EQ(done.status, 200);
        EXPECT_EQ(again.status, 403);
        EXPECT_EQ(stranger.status, 403);
        EXPECT_EQ(stranger.body.find("<script>"), std::string::npos);
    });
}

TEST(PasswordReset, DiesWithItsTimeAndWithTheAddressItWasSentTo) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        co_await service.post("/auth/password/forgot", json::Object{{"email", "ada@example.com"}});
        const auto token = co_await mailed_token(service, "password_reset");

        const json::Object change{{"email", "new@example.com"}};
        co_await service.put("/internal/accounts/" + ada.user_id, change, "service:user-service");
        const auto moved = co_await service.post("/auth/password/reset", reset_with(token, "another horse"));
        service.query("UPDATE auth.one_time_tokens SET email = 'new@example.com', expires_at = now()");
        const auto late = co_await service.post("/auth/password/reset", reset_with(token, "another horse"));

        EXPECT_EQ(moved.status, 422);
        EXPECT_EQ(late.status, 422);
    });
}

TEST(PasswordReset, FloodsNobodysMailboxAndGivesSuspendedAccountsNothing) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto eve = co_await service.sign_up("eve");
        const json::Object suspension{{"status", "suspended"}};
        co_await service.put("/internal/accounts/" + eve.user_id, suspension, "service:user-service");
        for (int i = 0; i < 8; ++i) {
            co_await service.post("/auth/password/forgot", json::Object{{"email", "ada@example.com"}});
            co_await service.post("/auth/password/forgot", json::Object{{"email", "eve@example.com"}});
        }

        const auto answered = [&] { return service.query("SELECT count(*) FROM auth.link_requests") == "0"; };
        co_await testing::eventually(answered);

        EXPECT_EQ(service.query("SELECT count(*) FROM auth.pending_mails WHERE user_id = '" + ada.user_id + "'"), "5");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.pending_mails WHERE user_id = '" + eve.user_id + "'"), "0");
    });
}

TEST(EmailVerification, LetsNobodySignInBeforeTheAddressIsConfirmed) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const json::Object account{
                {"email", "ada@example.com"}, {"username", "ada"}, {"password", AuthUnderTest::password}};
            const auto registered = co_await service.post("/auth/register", account);
            const auto first = co_await mailed_token(service, "email_verification");
            const auto early = co_await sign_in_with(service, "ada", AuthUnderTest::password);
            const auto resent = co_await service.post("/auth/email/resend", json::Object{{"email", "ada@example.com"}});
            co_await testing::eventually([&] { return service.query("SELECT count(*) FROM auth.pending_mails") == "2"; });

            const auto page = co_await service.get("/auth/email/verify?token=" + first);
            const auto verified = co_await service.post("/auth/email/verify", json::Object{{"token", first}});
            const auto again = co_await service.post("/auth/email/verify", json::Object{{"token", first}});
            const auto signed_in = co_await sign_in_with(service, "ada", AuthUnderTest::password);

            EXPECT_EQ(text_at(testing::data_of(registered), "/status"), "pending");
            EXPECT_EQ(early.status, 403);
            EXPECT_EQ(text_at(body_of(early), "/code"), "account_pending");
            EXPECT_EQ(resent.status, 200);
            EXPECT_EQ(page.status, 200);
            EXPECT_EQ(verified.status, 200) << verified.body;
            EXPECT_EQ(again.status, 422);
            EXPECT_EQ(signed_in.status, 200);
            EXPECT_TRUE(service.events().starts_with("user.created,user.updated,audit.email_verified")) << service.events();
        },
        [](Config& config) { config.email_verification = true; });
}

TEST(EmailVerification, IsDoneByAResetToo) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const json::Object account{
                {"email", "ada@example.com"}, {"username", "ada"}, {"password", AuthUnderTest::password}};
            co_await service.post("/auth/register", account);
            co_await service.post("/auth/password/forgot", json::Object{{"email", "ada@example.com"}});
            const auto token = co_await mailed_token(service, "password_reset");

            const auto done = co_await service.post("/auth/password/reset", reset_with(token, "another horse"));
            const auto signed_in = co_await sign_in_with(service, "ada", "another horse");

            EXPECT_EQ(done.status, 200);
            EXPECT_EQ(signed_in.status, 200);
        },
        [](Config& config) { config.email_verification = true; });
}

TEST(EmailVerification, ResendWantsAnAddressFromWhoIsNotSignedIn) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");

        const auto own = co_await service.post("/auth/email/resend", nullptr, ada.access);
        const auto nobody = co_await service.post("/auth/email/resend", nullptr);

        EXPECT_EQ(own.status, 200);
        EXPECT_EQ(nobody.status, 422);
        EXPECT_EQ(text_at(body_of(nobody), "/errors/0/field"), "email");
    });
}

}  // namespace
}  // namespace darkroom::accounts
