// What is left behind when a transaction does not commit: nothing.
#include "services/auth/accounts_repository.hpp"
#include "services/auth/mails_repository.hpp"
#include "services/auth/sessions_repository.hpp"
#include "services/auth/setup_repository.hpp"
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

NewAccount an_account(const std::string& name) {
    return {.email = Email::trusted(name + "@example.com"), .username = Username::trusted(name), .password_hash = "$2b$10$x"};
}

/// The code of the refusal that `work` ends with, or "".
template <class T>
awaitable<std::string> refusal_of(awaitable<T> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {  // what the test asks for
        co_return std::string(failure.error().code);
    }
    co_return std::string();
}

TEST(AccountsRepository, ARefusedAccountLeavesNoEvent) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            AccountsRepository accounts(pool);
            co_await accounts.create(an_account("ada"), "correlation");

            const auto code = co_await refusal_of(accounts.create(an_account("ADA"), "correlation"));

            EXPECT_EQ(code, "email_taken");
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.accounts"), "1");
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.outbox"), "1");
        },
        database);
}

TEST(AccountsRepository, ARefusedChangeLeavesTheAccountAndItsSessions) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Clock clock;
            AccountsRepository accounts(pool);
            SessionsRepository sessions(pool, clock, 3600s);
            const auto ada = co_await accounts.create(an_account("ada"), "correlation");
            co_await accounts.create(an_account("eve"), "correlation");
            co_await sessions.start(ada.id, "$2b$10$x", {}, "correlation");
            AccountChange change;
            change.role = Role::premium;
            change.username = Username::trusted("Eve");

            const auto code = co_await refusal_of(accounts.change(ada.id, change, std::nullopt, "correlation"));

            EXPECT_EQ(code, "username_taken");
            EXPECT_EQ(db.query("SELECT role || version FROM auth.accounts WHERE username = 'ada'"), "user1");
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.sessions WHERE revoked_at IS NULL"), "1");
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.outbox WHERE type IN ('user.updated', 'user.logout')"), "0");
        },
        database);
}

TEST(SessionsRepository, ARotationThatCannotBePromisedDoesNotHappen) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Clock clock;
            AccountsRepository accounts(pool);
            SessionsRepository sessions(pool, clock, 3600s);
            const auto ada = co_await accounts.create(an_account("ada"), "correlation");
            const auto signed_in = co_await sessions.start(ada.id, "$2b$10$x", {}, "correlation");
            db.query("ALTER TABLE auth.outbox ADD CONSTRAINT closed CHECK (type <> 'token.refreshed')");

            bool failed = false;
            try {
                co_await sessions.refresh(signed_in->refresh_token, {}, {}, "correlation");
            } catch (const pg::DatabaseError&) {  // the constraint above
                failed = true;
            }
            db.query("ALTER TABLE auth.outbox DROP CONSTRAINT closed");
            const auto again = co_await sessions.refresh(signed_in->refresh_token, {}, {}, "correlation");

            EXPECT_TRUE(failed);
            EXPECT_TRUE(again.result.has_value());
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.refresh_tokens"), "2");
        },
        database);
}

TEST(SessionsRepository, ASignInMeetsANewPassword) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Clock clock;
            AccountsRepository accounts(pool);
            SessionsRepository sessions(pool, clock, 3600s);
            const auto ada = co_await accounts.create(an_account("ada"), "correlation");
            co_await accounts.change_password(SessionId{}, "$2b$10$x", "$2b$10$y", {ada.id, {}, "correlation"});

            const auto late = co_await sessions.start(ada.id, "$2b$10$x", {}, "correlation");

            EXPECT_FALSE(late.has_value());
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.sessions"), "0");
        },
        database);
}

TEST(SessionsRepository, SweepsOnlyWhatIsLongOver) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            Clock clock;
            AccountsRepository accounts(pool);
            SessionsRepository sessions(pool, clock, 3600s);
            const auto ada = co_await accounts.create(an_account("ada"), "correlation");
            const auto old_one = co_await sessions.start(ada.id, "$2b$10$x", {}, "correlation");
            co_await sessions.start(ada.id, "$2b$10$x", {}, "correlation");
            db.query("UPDATE auth.sessions SET expires_at = now() - interval '8 days' WHERE id = '" +
                     old_one->session_id.text() + "'");

            const auto swept = co_await sessions.sweep(100);

            EXPECT_EQ(swept, 1);
            EXPECT_EQ(db.query("SELECT count(*) FROM auth.refresh_tokens"), "1");
        },
        database);
}

TEST(MailsRepository, DropsWhatNobodyTookForADay) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            AccountsRepository accounts(pool);
            MailsRepository mails(pool);
            const auto ada = co_await accounts.create(an_account("ada"), "correlation");
            auto transaction = co_await pool.begin();
            co_await append_mail(transaction, ada, "password_changed", {});
            co_await append_mail(transaction, ada, "account_locked", {});
            co_await transaction.commit();
            db.query(
                "UPDATE auth.pending_mails SET created_at = now() - interval '25 hours' WHERE template = 'password_changed'");

            const auto dropped = co_await mails.sweep();

            EXPECT_EQ(dropped, 1);
            EXPECT_EQ(db.query("SELECT template FROM auth.pending_mails"), "account_locked");
        },
        database);
}

TEST(SetupRepository, ALinkSurvivesAnAccountThatIsRefused) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            AccountsRepository accounts(pool);
            SetupRepository setup(pool);
            co_await accounts.create(an_account("ada"), "correlation");
            const auto link = co_await setup.create_link(3600s);

            const auto taken = co_await refusal_of(setup.create_admin_by_link(link.token, an_account("ada"), "correlation"));
            const bool good = co_await setup.is_good_link(link.token);
            const auto admin = co_await setup.create_admin_by_link(link.token, an_account("root"), "correlation");
            const auto reused = co_await refusal_of(setup.create_admin_by_link(link.token, an_account("two"), "correlation"));

            EXPECT_EQ(taken, "email_taken");
            EXPECT_TRUE(good);
            EXPECT_EQ(admin.role, Role::admin);
            EXPECT_EQ(reused, "setup_link_invalid");
        },
        database);
}

TEST(SetupRepository, AnExpiredLinkIsNoLink) {
    auto database = an_auth_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            SetupRepository setup(pool);
            const auto link = co_await setup.create_link(3600s);
            db.query("UPDATE auth.setup_links SET expires_at = now() - interval '1 second'");

            const auto code = co_await refusal_of(setup.create_admin_by_link(link.token, an_account("root"), "correlation"));

            EXPECT_EQ(code, "setup_link_invalid");
        },
        database);
}

}  // namespace
}  // namespace darkroom::accounts
