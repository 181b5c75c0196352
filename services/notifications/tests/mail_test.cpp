// Mail: asked for by auth-service or made of events, sent to the local mailbox.
#include "services/notifications/tests/instance.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>
#include <set>

namespace darkroom::notifications::tests {
namespace {

using http::Verb;

const std::string auth_service = "service:auth-service";
const std::string secret_link = "https://example.org/reset?token=top-secret";

constexpr pg::Query count_mails{"test.mails", "SELECT count(*) FROM notifications.mails"};
constexpr pg::Query count_sent{"test.sent", "SELECT count(*) FROM notifications.mails WHERE status = 'sent'"};
constexpr pg::Query count_content{"test.content", "SELECT count(*) FROM notifications.mails WHERE content IS NOT NULL"};
constexpr pg::Query count_email_events{"test.email_events", R"sql(
    SELECT count(*) FROM notifications.outbox WHERE type = $1 AND data LIKE '%"channel":"email"%'
)sql"};
constexpr pg::Query make_older{"test.older", "UPDATE notifications.mails SET settled_at = settled_at - interval '40 days'"};
constexpr pg::Query end_leases{"test.end_leases", "UPDATE notifications.mails SET available_at = now()"};

std::string asking(const std::string& id, std::string_view to = "ada@example.com") {
    return json::serialize(json::Object{{"id", id},
                                        {"to", boost::json::string(to)},
                                        {"template", "password_reset"},
                                        {"values", {{"username", "ada"}, {"link", secret_link}}}});
}

awaitable<bool> nothing_waits(MailsRepository& mails) {
    const auto waiting = co_await mails.count_waiting();
    co_return waiting == 0;
}

awaitable<bool> all_settled(Instance& instance) {
    const auto settled = [&instance] { return nothing_waits(instance.mails()); };
    co_return co_await testing::eventually_async(settled);
}

unsigned mode_of(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
}

awaitable<> accepting(Stage& stage) {
    auto& instance = stage.add_running_instance();
    const auto id = new_uuid();

    const auto first = co_await instance.call(Verb::post, "/internal/mail", auth_service, asking(id));
    const auto mails = co_await stage.mailbox(1);
    const bool settled = co_await all_settled(instance);
    const auto again = co_await instance.call(Verb::post, "/internal/mail", auth_service, asking(id));

    EXPECT_EQ(first.status, 200) << first.body;
    EXPECT_TRUE(settled);
    EXPECT_NE(again.body.find(R"("status":"sent")"), std::string::npos) << again.body;
    EXPECT_EQ(mails.at(0).to, "ada@example.com");
    EXPECT_EQ(mails.at(0).subject, "Reset your password");
    EXPECT_NE(mails.at(0).text.find(secret_link), std::string::npos);
    EXPECT_NE(mails.at(0).html.find(secret_link), std::string::npos);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_mails), 1);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_content), 0) << "the link is erased";
    EXPECT_EQ(mode_of(stage.mail_directory), 0700U);
    for (const auto& entry : std::filesystem::directory_iterator(stage.mail_directory)) {
        EXPECT_EQ(mode_of(entry.path().string()), 0600U) << entry.path();
    }
    co_await instance.pool().execute(make_older);
    co_await instance.mails().prune();
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_mails), 0);
}

TEST(AccountMails, AreSentOncePerIdAndTheirLinksErased) {
    play(accepting);
}

awaitable<> refusing(Stage& stage) {
    auto& instance = stage.add_instance();
    const auto id = new_uuid();

    EXPECT_EQ((co_await instance.call(Verb::post, "/internal/mail", "", asking(id))).status, 401);
    EXPECT_EQ((co_await instance.call(Verb::post, "/internal/mail", "user:root:admin", asking(id))).status, 403);
    EXPECT_EQ((co_await instance.call(Verb::post, "/internal/mail", "service:image-service", asking(id))).status, 403);
    EXPECT_EQ((co_await instance.call(Verb::post, "/internal/mail", auth_service, asking("x"))).status, 422);
    EXPECT_EQ((co_await instance.call(Verb::post, "/internal/mail", auth_service, asking(id, "ada@x\\r\\nBcc: b@c.de"))).status,
              422);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_mails), 0);
}

TEST(AccountMails, AreForAuthServiceToAskFor) {
    play(refusing);
}

awaitable<> welcoming(Stage& stage) {
    EventLog log;
    for (int i = 0; i < 20; ++i) {
        log.add_user_created("user-" + std::to_string(i));
        log.add_completed("user-" + std::to_string(i), "job-" + std::to_string(i));
    }
    auto& one = stage.add_running_instance(log);
    auto& two = stage.add_running_instance(log);

    testing::require(co_await one.consumer().catch_up(20s), "the first copy catches up");
    testing::require(co_await two.consumer().catch_up(20s), "the second copy catches up");
    const auto mails = co_await stage.mailbox(20);
    const bool settled = co_await all_settled(one);

    EXPECT_TRUE(settled);
    EXPECT_EQ(mails.size(), 20U) << "one for each user, none for a completed job";
    EXPECT_EQ(mails.at(0).subject, "Welcome to Darkroom");
    EXPECT_NE(mails.at(0).text.find("http://127.0.0.1:8000/console/"), std::string::npos);
    EXPECT_EQ(co_await one.pool().one<std::int64_t>(count_sent), 20);
    EXPECT_EQ(co_await one.pool().one<std::int64_t>(count_email_events, "notification.sent"), 20);
    EXPECT_NE((one.metrics() + two.metrics()).find(R"(channel="email",outcome="sent")"), std::string::npos);
}

TEST(Mails, TellWhatTheUserWantsOnceWithTwoInstances) {
    play(welcoming);
}

awaitable<> preferring(Stage& stage) {
    EventLog log;
    log.add_user_created("ada");
    log.add_user_created("bob");
    log.add_completed("ada", "job-1");
    auto& instance = stage.add_instance(log);
    const PreferencesChange ada{{"welcome", {.email = false}},
                                {"image_processing_completed", {.in_app = false, .email = true}}};
    co_await instance.repository().change_preferences(UserId::trusted("ada"), ada);

    instance.start();
    testing::require(co_await instance.consumer().catch_up(10s), "caught up");
    const auto mails = co_await stage.mailbox(2);

    std::set<std::string> told;
    for (const auto& mail : mails) told.insert(mail.to + ": " + mail.subject);
    EXPECT_EQ(told, (std::set<std::string>{"ada@example.com: Your image is ready", "bob@example.com: Welcome to Darkroom"}));
    const auto listed =
        co_await instance.call(Verb::get, "/notifications?notification_type=image_processing_completed", "user:ada:user");
    EXPECT_NE(listed.body.find(R"("total":0)"), std::string::npos) << "wanted by mail alone: " << listed.body;
}

TEST(Mails, GoByThePreferenceForTheirTypeWhateverTheOtherChannelSays) {
    play(preferring);
}

awaitable<> leaving(Stage& stage) {
    EventLog log;
    log.add_user_created("leaver");
    log.add("user.deleted", "leaver",
            {{"user_id", "leaver"}, {"email", "l@example.com"}, {"username", "leaver"}, {"role", "user"}});
    auto& instance = stage.add_instance(log);
    // Without the mailer: what it would still send is forgotten.
    stage.runtime.tasks().spawn("consumer", instance.consumer().run());

    testing::require(co_await instance.consumer().catch_up(10s), "caught up");

    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_mails), 0);
    EXPECT_EQ(stage.database.query("SELECT count(*) FROM notifications.recipients"), "0");
}

TEST(Mails, OfADeletedUserAreForgotten) {
    play(leaving);
}

awaitable<> full_disk(Stage& stage) {
    // A file where the directory should be: every attempt fails until it is gone.
    std::ofstream(stage.mail_directory) << "in the way";
    auto& instance = stage.add_running_instance();
    co_await instance.call(Verb::post, "/internal/mail", auth_service, asking(new_uuid()));
    const bool failed_once = co_await testing::eventually(
        [&] { return stage.database.query("SELECT count(*) FROM notifications.mails WHERE problem <> ''") == "1"; });
    EXPECT_TRUE(failed_once);

    std::filesystem::remove(stage.mail_directory);

    EXPECT_EQ((co_await stage.mailbox(1)).size(), 1U);
}

TEST(Mails, WaitForAMailboxThatCannotBeWritten) {
    play(full_disk);
}

awaitable<> dying(Stage& stage) {
    auto& dead = stage.add_instance();
    co_await dead.call(Verb::post, "/internal/mail", auth_service, asking(new_uuid()));
    const auto taken = co_await dead.mails().take(1h);
    testing::require(taken.has_value(), "taken");
    EXPECT_FALSE((co_await dead.mails().take(1h)).has_value()) << "leased";

    // It died; its lease ends, another instance takes the mail, and what the dead one would still say is too late.
    co_await dead.pool().execute(end_leases);
    const auto taken_again = co_await dead.mails().take(1h);
    co_await dead.mails().give_up(*taken, "too late");
    EXPECT_EQ(taken_again->attempts, 2);
    EXPECT_EQ(stage.database.query("SELECT status FROM notifications.mails"), "pending");

    co_await dead.mails().settle_sent(*taken_again);
    EXPECT_EQ(stage.database.query("SELECT status FROM notifications.mails"), "sent");
}

TEST(Mails, AreFencedByTheirAttempt) {
    play(dying);
}

awaitable<> older_accounts(Stage& stage) {
    EventLog log;
    log.add_user_created("old");
    log.add_user_created("gone");
    log.add("user.deleted", "gone", {{"user_id", "gone"}, {"email", "g@example.com"}, {"username", "gone"}, {"role", "user"}});
    auto& instance = stage.add_instance(log);

    co_await instance.backfill().run();
    co_await instance.backfill().run();

    EXPECT_EQ(stage.database.query("SELECT string_agg(email, ',') FROM notifications.recipients"), "old@example.com");
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_mails), 0);
}

TEST(Recipients, OfAnOlderInstallationAreReadFromTheLogOnce) {
    play(older_accounts);
}

awaitable<> bounded(Stage& stage) {
    MailDirectory small(stage.runtime.cpu(), stage.mail_directory, 3);
    for (int i = 0; i < 5; ++i) {
        mail::Message message{.from = mail::Sender::parse("d@example.org").value(),
                              .to = identity::Email::trusted("ada@example.com"),
                              .subject = std::to_string(i),
                              .id = new_uuid(),
                              .date = now() + Milliseconds{i}};
        const auto outcome = co_await small.send(std::move(message));
        EXPECT_EQ(outcome.verdict, MailVerdict::delivered) << outcome.reason;
    }

    const auto mails = co_await stage.mailbox(3);

    EXPECT_EQ(mails.size(), 3U);
    EXPECT_EQ(mails.front().subject, "2");
    EXPECT_EQ(mails.back().subject, "4");
}

TEST(MailDirectory, HoldsTheNewest) {
    play(bounded);
}

}  // namespace
}  // namespace darkroom::notifications::tests
