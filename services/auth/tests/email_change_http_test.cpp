// Another e-mail address: by command of user-service, confirmed through the new mailbox where addresses are verified.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

void verify_addresses(Config& config) {
    config.email_verification = true;
}

/// With verification on nobody signs in who has not confirmed the address.
awaitable<Tokens> a_confirmed_person(AuthUnderTest& service, std::string name) {
    const json::Object account{{"email", name + "@example.com"}, {"username", name}, {"password", AuthUnderTest::password}};
    const auto registered = co_await service.post("/auth/register", account);
    service.query("UPDATE auth.accounts SET status = 'active' WHERE username = '" + name + "' RETURNING id");
    co_return co_await service.sign_in(name);
}

awaitable<http::ClientResponse> move_to(AuthUnderTest& service, const Tokens& person, std::string email,
                                        bool confirmed = false) {
    json::Object change{{"email", std::move(email)}};
    if (confirmed) change["email_confirmed"] = true;
    co_return co_await service.put("/internal/accounts/" + person.user_id, change, "service:user-service");
}

std::string token_mailed_to(AuthUnderTest& service, const std::string& email) {
    const auto link =
        service.query("SELECT content->>'link' FROM auth.pending_mails WHERE template = 'email_change' AND recipient = '" +
                      email + "' ORDER BY created_at DESC LIMIT 1");
    testing::require(!link.empty(), "a mailed link");
    return link.substr(link.find("token=") + 6);
}

awaitable<http::ClientResponse> confirm(AuthUnderTest& service, std::string token) {
    co_return co_await service.post("/auth/email/verify", json::Object{{"token", std::move(token)}});
}

std::string email_of(AuthUnderTest& service, const std::string& name) {
    return service.query("SELECT email FROM auth.accounts WHERE username = '" + name + "'");
}

/// Who has been told that the address has changed.
std::string told(AuthUnderTest& service) {
    return service.query(
        "SELECT string_agg(recipient, ',' ORDER BY created_at) FROM auth.pending_mails WHERE template = 'email_changed'");
}

TEST(EmailChange, IsDoneAtOnceWithoutVerificationAndTheOldAddressIsTold) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");

        const auto changed = co_await move_to(service, ada, "new@example.com");

        EXPECT_EQ(text_at(testing::data_of(changed), "/email"), "new@example.com");
        EXPECT_EQ(told(service), "ada@example.com");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.one_time_tokens"), "0");
    });
}

TEST(EmailChange, WaitsForItsLinkWhereAddressesAreVerified) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await a_confirmed_person(service, "ada");

            const auto asked = co_await move_to(service, ada, "new@example.com");
            const auto before = email_of(service, "ada");
            const auto told_before = told(service);
            const auto token = token_mailed_to(service, "new@example.com");
            const auto page = co_await service.get("/auth/email/verify?token=" + token);
            const auto confirmed = co_await confirm(service, token);
            const auto again = co_await confirm(service, token);

            EXPECT_EQ(text_at(testing::data_of(asked), "/email"), "ada@example.com");
            EXPECT_EQ(before, "ada@example.com");
            EXPECT_EQ(told_before, "");
            EXPECT_EQ(page.status, 200);
            EXPECT_EQ(confirmed.status, 200) << confirmed.body;
            EXPECT_EQ(again.status, 422);
            EXPECT_EQ(email_of(service, "ada"), "new@example.com");
            EXPECT_EQ(told(service), "ada@example.com");
            EXPECT_TRUE(service.events().ends_with("user.updated,audit.email_changed,audit.email_verified"))
                << service.events();
            co_await service.sign_in("new@example.com");
        },
        verify_addresses);
}

TEST(EmailChange, ByAnAdminAndInSpellingOnlyNeedsNoLink) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await a_confirmed_person(service, "ada");

            const auto spelled = co_await move_to(service, ada, "Ada@Example.com");
            const auto by_admin = co_await move_to(service, ada, "new@example.com", true);

            EXPECT_EQ(text_at(testing::data_of(spelled), "/email"), "Ada@Example.com");
            EXPECT_EQ(text_at(testing::data_of(by_admin), "/email"), "new@example.com");
            EXPECT_EQ(told(service), "ada@example.com,Ada@Example.com");
        },
        verify_addresses);
}

TEST(EmailChange, IsVoidOnceAnotherIsAskedForOrThePasswordChanges) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await a_confirmed_person(service, "ada");
            co_await move_to(service, ada, "first@example.com");
            const auto first = token_mailed_to(service, "first@example.com");
            co_await move_to(service, ada, "second@example.com");
            const auto second = token_mailed_to(service, "second@example.com");

            const auto replaced = co_await confirm(service, first);
            const json::Object change{{"old_password", service.password}, {"new_password", "another horse"}};
            const auto new_password = co_await service.post("/auth/password/change", change, ada.access);
            const auto page = co_await service.get("/auth/email/verify?token=" + second);
            const auto withdrawn = co_await confirm(service, second);

            EXPECT_EQ(replaced.status, 422);
            EXPECT_EQ(new_password.status, 200);
            EXPECT_EQ(page.status, 403);
            EXPECT_EQ(withdrawn.status, 422);
            EXPECT_EQ(email_of(service, "ada"), "ada@example.com");
        },
        verify_addresses);
}

TEST(EmailChange, GivesNobodyTheAddressOfSomebodyElse) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await a_confirmed_person(service, "ada");
            const auto eve = co_await a_confirmed_person(service, "eve");

            const auto taken = co_await move_to(service, ada, "EVE@example.com");
            co_await move_to(service, ada, "new@example.com");
            co_await move_to(service, eve, "new@example.com");
            const auto token = token_mailed_to(service, "new@example.com");
            const auto first = co_await confirm(service, token);
            const auto others = service.query(
                "SELECT content->>'link' FROM auth.pending_mails WHERE template = 'email_change' "
                "AND user_id = '" +
                ada.user_id + "'");
            const auto late = co_await confirm(service, others.substr(others.find("token=") + 6));

            EXPECT_EQ(taken.status, 409);
            EXPECT_EQ(text_at(body_of(taken), "/code"), "email_taken");
            EXPECT_EQ(first.status, 200);
            EXPECT_EQ(late.status, 422);
            EXPECT_EQ(email_of(service, "eve"), "new@example.com");
        },
        verify_addresses);
}

TEST(EmailChange, FloodsNobodysMailbox) {
    with_service(
        [](AuthUnderTest& service) -> awaitable<> {
            const auto ada = co_await a_confirmed_person(service, "ada");
            for (int i = 0; i < 5; ++i) co_await move_to(service, ada, "victim@example.com");

            const auto sixth = co_await move_to(service, ada, "victim@example.com");

            EXPECT_EQ(sixth.status, 429);
            EXPECT_EQ(text_at(body_of(sixth), "/code"), "email_changes_exhausted");
            EXPECT_EQ(sixth.headers.get("Retry-After"), "3600");
            EXPECT_EQ(service.query("SELECT count(*) FROM auth.pending_mails WHERE recipient = 'victim@example.com'"), "5");
        },
        verify_addresses);
}

}  // namespace
}  // namespace darkroom::accounts
