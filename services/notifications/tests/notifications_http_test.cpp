// The endpoints, on a real database.
#include "services/notifications/tests/instance.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications::tests {
namespace {

using http::Verb;

const std::string ada = "user:ada:user";
const std::string bob = "user:bob:user";
const std::string guest = "user:ada:guest";
const std::string admin = "user:root:admin";
const std::string service = "service:image-service";

json::Value document(const http::ClientResponse& response) {
    return json::parse(response.body).value();
}

std::int64_t total(const http::ClientResponse& response) {
    return document(response).at("data").at("pagination").at("total").as_int64();
}

std::string sending(std::string_view user, std::string_view title = "a title") {
    return json::serialize(json::Object{{"user_id", boost::json::string(user)},
                                        {"type", "broadcast"},
                                        {"title", boost::json::string(title)},
                                        {"message", "a message"},
                                        {"data", {{"answer", 42}}}});
}

awaitable<> lists(Stage& stage) {
    auto& instance = stage.add_instance();
    for (int i = 0; i < 5; ++i) co_await instance.store("ada", "number " + std::to_string(i));
    co_await instance.store("bob", "of bob");

    const auto first = co_await instance.call(Verb::get, "/notifications?size=2", ada);
    const auto last = co_await instance.call(Verb::get, "/notifications?size=2&page=3", ada);
    const auto oldest = co_await instance.call(Verb::get, "/notifications?sort=created_at", ada);

    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(total(first), 5);
    EXPECT_EQ(document(first).at("data").at("notifications").at(0).at("title").as_string(), "number 4");
    EXPECT_TRUE(document(first).at("data").at("pagination").at("has_next").as_bool());
    EXPECT_EQ(document(last).at("data").at("notifications").as_array().size(), 1U);
    EXPECT_EQ(document(oldest).at("data").at("notifications").at(0).at("title").as_string(), "number 0");
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications?notification_type=broadcast", ada)), 5);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications?notification_type=welcome", ada)), 0);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications?notification_type=unheard_of", ada)), 0);
    for (const auto* bad :
         {"notification_type=Not+a+type", "unread_only=perhaps", "size=0", "size=101", "page=0", "sort=title"}) {
        const auto refused = co_await instance.call(Verb::get, std::string("/notifications?") + bad, ada);
        EXPECT_EQ(refused.status, 422) << bad;
    }
}

TEST(Notifications, AreListedNewestFirstPagedAndFiltered) {
    play(lists);
}

awaitable<> ownership(Stage& stage) {
    auto& instance = stage.add_instance();
    const auto stored = co_await instance.store("ada", "mine");
    const auto path = "/notifications/" + stored.id.text();

    for (const auto verb : {Verb::get, Verb::del}) {
        const auto foreign = co_await instance.call(verb, path, bob);
        EXPECT_EQ(foreign.status, 404);
        const auto named = co_await instance.call(verb, path + "?user_id=ada", bob);
        EXPECT_EQ(named.status, 403);
    }
    EXPECT_EQ((co_await instance.call(Verb::put, path + "/read", bob)).status, 404);
    EXPECT_EQ((co_await instance.call(Verb::get, "/notifications?user_id=ada", bob)).status, 403);
    EXPECT_EQ((co_await instance.call(Verb::get, "/notifications?user_id=ada", ada)).status, 200);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications?user_id=ada", admin)), 1);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications?user_id=ada", service)), 1);
    EXPECT_EQ((co_await instance.call(Verb::get, "/notifications", service)).status, 422);
    EXPECT_EQ((co_await instance.call(Verb::get, path, "")).status, 401);
    EXPECT_EQ((co_await instance.call(Verb::get, path, guest)).status, 200);
    EXPECT_EQ((co_await instance.call(Verb::del, path, guest)).status, 403);
    EXPECT_EQ((co_await instance.call(Verb::get, "/notifications/no-such-thing", ada)).status, 404);
    EXPECT_EQ((co_await instance.call(Verb::del, path, ada)).status, 200);
    EXPECT_EQ((co_await instance.call(Verb::del, path, ada)).status, 404);
}

TEST(Notifications, BelongToTheirUserAlone) {
    play(ownership);
}

constexpr pg::Query count_read_events{"test.read_events",
                                      "SELECT count(*) FROM notifications.outbox WHERE type = 'notification.read'"};

awaitable<> reading(Stage& stage) {
    auto& instance = stage.add_instance();
    const auto stored = co_await instance.store("ada", "one");
    co_await instance.store("ada", "two");
    co_await instance.store("ada", "three");
    const auto path = "/notifications/" + stored.id.text() + "/read";

    const auto read = co_await instance.call(Verb::put, path, ada);
    const auto again = co_await instance.call(Verb::put, path, ada);
    const auto unread = total(co_await instance.call(Verb::get, "/notifications?unread_only=true", ada));
    const auto all = co_await instance.call(Verb::put, "/notifications/read-all", ada);
    const auto stats = co_await instance.call(Verb::get, "/notifications/stats", ada);

    EXPECT_EQ(document(read).at("data").at("status").as_string(), "read");
    EXPECT_EQ(document(read).at("data").at("read_at"), document(again).at("data").at("read_at"));
    EXPECT_EQ(unread, 2);
    EXPECT_EQ(document(all).at("data").at("updated").as_int64(), 2);
    EXPECT_EQ(document(stats).at("data").at("total").as_int64(), 3);
    EXPECT_EQ(document(stats).at("data").at("unread").as_int64(), 0);
    EXPECT_EQ(document(stats).at("data").at("by_status").at("read").as_int64(), 3);
    EXPECT_EQ(document(stats).at("data").at("by_type").at("broadcast").as_int64(), 3);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_read_events), 3)
        << "one event for each, however often it is read";
}

TEST(Notifications, AreReadOnceAndForAll) {
    play(reading);
}

// Twenty deliveries of 100, 200, … 2000 ms on each channel, and what must not count: too old, somebody else's, an account mail.
constexpr const char* known_deliveries = R"sql(
    INSERT INTO notifications.notifications
        (id, user_id, type, title, message, status, correlation_id, created_at, sent_at, announced)
    SELECT 'n' || i, 'ada', CASE WHEN i <= 15 THEN 'login' ELSE 'welcome' END, 't', 'm',
           CASE WHEN i = 1 THEN 'read' ELSE 'sent' END, 'c', now() - i * interval '100 ms', now(), true
    FROM generate_series(1, 20) AS i
    UNION ALL
    SELECT 'old', 'ada', 'welcome', 't', 'm', 'failed', 'c', now() - interval '3 days', now() - interval '25 hours', true
    UNION ALL
    SELECT 'foreign', 'bob', 'welcome', 't', 'm', 'sent', 'c', now() - interval '1 hour', now(), true;
    INSERT INTO notifications.mails
        (id, notification_id, user_id, template, correlation_id, urgency, status, created_at, settled_at)
    SELECT 'm' || i, 'n' || i, 'ada', 'login', 'c', 1, 'sent', now() - i * interval '1 s', now() FROM generate_series(1, 3) AS i
    UNION ALL
    SELECT 'failed', 'n4', 'ada', 'welcome', 'c', 1, 'failed', now() - interval '5 hours', now()
    UNION ALL
    SELECT 'account', NULL, 'ada', 'password_reset', 'c', 0, 'sent', now() - interval '1 hour', now();
)sql";

awaitable<> statistics(Stage& stage) {
    auto& instance = stage.add_instance();
    stage.database.query(known_deliveries);

    const auto response = co_await instance.call(Verb::get, "/notifications/stats", ada);
    const auto empty = co_await instance.call(Verb::get, "/notifications/stats", "user:eve:user");

    const auto stats = document(response).at("data");
    EXPECT_EQ(stats.at("total").as_int64(), 21) << response.body;
    EXPECT_EQ(stats.at("unread").as_int64(), 20);
    EXPECT_EQ(stats.at("by_status").at("sent").as_int64(), 19);
    const auto& in_app = stats.at("by_channel").at("in_app");
    EXPECT_EQ(in_app.at("by_status").at("failed").as_int64(), 1);
    EXPECT_EQ(in_app.at("by_type").at("login").at("sent").as_int64(), 14);
    EXPECT_EQ(in_app.at("by_type").at("login").at("read").as_int64(), 1);
    EXPECT_EQ(in_app.at("by_type").at("welcome").at("sent").as_int64(), 5);
    EXPECT_EQ(in_app.at("latency").at("deliveries").as_int64(), 20);
    EXPECT_EQ(in_app.at("latency").at("median_ms").as_int64(), 1050);
    EXPECT_EQ(in_app.at("latency").at("p95_ms").as_int64(), 1905);
    const auto& email = stats.at("by_channel").at("email");
    EXPECT_EQ(email.at("by_status").at("sent").as_int64(), 3);
    EXPECT_EQ(email.at("by_type").at("welcome").at("failed").as_int64(), 1);
    EXPECT_EQ(email.at("latency").at("deliveries").as_int64(), 3);
    EXPECT_EQ(email.at("latency").at("median_ms").as_int64(), 2000);
    EXPECT_EQ(email.at("latency").at("p95_ms").as_int64(), 2900);
    const auto nothing = document(empty).at("data").at("by_channel").at("email");
    EXPECT_EQ(nothing.at("latency").at("deliveries").as_int64(), 0);
    EXPECT_EQ(nothing.at("by_type").at("login").at("sent").as_int64(), 0);
}

TEST(Statistics, TellWhatBecameOfNotificationsOnEachChannelAndHowFast) {
    play(statistics);
}

awaitable<> delivered_for_real(Stage& stage) {
    auto& instance = stage.add_running_instance();
    co_await instance.store("ada", "measured");
    stage.database.query(
        "INSERT INTO notifications.recipients (user_id, email, username, role, status, version, created_at) VALUES "
        "('ada', 'ada@example.com', 'ada', 'user', 'active', 1, now())");
    co_await stage.mailbox(1);
    const auto settled = [&stage] {
        return stage.database.query("SELECT count(*) FROM notifications.mails WHERE status = 'sent'") == "1" &&
               stage.database.query("SELECT count(*) FROM notifications.notifications WHERE status = 'sent'") == "1";
    };
    testing::require(co_await testing::eventually(settled), "both are settled");

    const auto response = co_await instance.call(Verb::get, "/notifications/stats", ada);

    const auto channels = document(response).at("data").at("by_channel");
    for (const auto* name : {"in_app", "email"}) {
        const auto& channel = channels.at(name);
        EXPECT_EQ(channel.at("by_type").at("broadcast").at("sent").as_int64(), 1) << name << response.body;
        EXPECT_EQ(channel.at("latency").at("deliveries").as_int64(), 1) << name;
        EXPECT_GE(channel.at("latency").at("median_ms").as_int64(), 0) << name;
        EXPECT_LT(channel.at("latency").at("p95_ms").as_int64(), 30'000) << name;
    }
}

TEST(Statistics, CountWhatTheServiceDelivered) {
    play(delivered_for_real);
}

awaitable<> sending_them(Stage& stage) {
    auto& instance = stage.add_instance();

    const auto first = co_await instance.call(Verb::post, "/notifications", service, sending("ada"), "key-1");
    const auto repeated = co_await instance.call(Verb::post, "/notifications", service, sending("ada"), "key-1");
    const auto other = co_await instance.call(Verb::post, "/notifications", admin, sending("ada"), "key-1");
    const auto nul = co_await instance.call(
        Verb::post, "/notifications", admin,
        R"({"user_id": "ada", "type": "broadcast", "title": "t", "message": "m", "data": {"text": "a\u0000b"}})");
    const auto refused = co_await instance.call(Verb::post, "/notifications", ada, sending("ada"));
    const auto invalid =
        co_await instance.call(Verb::post, "/notifications", admin,
                               R"({"user_id": "a b", "type": "nonsense", "title": "", "message": "\u0000", "x": 1})");

    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(document(first).at("data").at("data").at("answer").as_int64(), 42);
    EXPECT_EQ(document(repeated).at("data").at("id"), document(first).at("data").at("id"));
    EXPECT_NE(document(other).at("data").at("id"), document(first).at("data").at("id"));
    EXPECT_EQ(nul.status, 200);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications", ada)), 3);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(invalid.status, 422);
    EXPECT_EQ(document(invalid).at("errors").as_array().size(), 5U) << invalid.body;
}

TEST(Notifications, AreSentByAdminsAndServicesOncePerKey) {
    play(sending_them);
}

awaitable<> preferring(Stage& stage) {
    auto& instance = stage.add_instance();

    const auto before = co_await instance.call(Verb::get, "/notifications/preferences", ada);
    const auto changed =
        co_await instance.call(Verb::put, "/notifications/preferences", ada, R"({"broadcast": {"in_app": false}})");
    const auto by_mail = co_await instance.call(Verb::post, "/notifications", admin, sending("ada"), "a-key");
    const auto again = co_await instance.call(Verb::post, "/notifications", admin, sending("ada"), "a-key");
    co_await instance.call(Verb::put, "/notifications/preferences", ada, R"({"broadcast": {"email": false}})");
    const auto muted = co_await instance.call(Verb::post, "/notifications", admin, sending("ada"));
    const auto unknown =
        co_await instance.call(Verb::put, "/notifications/preferences", ada, R"({"nonsense": {"in_app": false}})");
    const auto ill_formed = co_await instance.call(Verb::put, "/notifications/preferences", ada, R"({"login": {"in_app": 1}})");

    EXPECT_TRUE(document(before).at("data").at("broadcast").at("in_app").as_bool());
    EXPECT_FALSE(document(changed).at("data").at("broadcast").at("in_app").as_bool());
    EXPECT_TRUE(document(changed).at("data").at("broadcast").at("email").as_bool());
    EXPECT_EQ(by_mail.status, 200);
    EXPECT_EQ(document(again).at("data").at("id"), document(by_mail).at("data").at("id"));
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications", ada)), 0) << "told by mail alone";
    EXPECT_EQ(muted.status, 409);
    EXPECT_EQ(document(muted).at("code").as_string(), "notification_muted");
    EXPECT_EQ(unknown.status, 422);
    EXPECT_EQ(document(unknown).at("errors").at(0).at("field").as_string(), "nonsense");
    EXPECT_EQ(ill_formed.status, 422);
    EXPECT_EQ(document(ill_formed).at("errors").at(0).at("field").as_string(), "login.in_app");
    EXPECT_EQ((co_await instance.call(Verb::put, "/notifications/preferences", guest, "{}")).status, 403);
}

TEST(Preferences, AreStoredAndObeyed) {
    play(preferring);
}

awaitable<> broadcasts(Stage& stage) {
    auto& instance = stage.add_instance();
    stage.database.query(
        "INSERT INTO notifications.recipients (user_id, email, username, role, status, version, created_at) VALUES "
        "('ada', 'ada@example.com', 'ada', 'user', 'active', 1, now()), ('bob', 'bob@example.com', 'bob', 'premium', 'active', "
        "1, now()), "
        "('eve', 'eve@example.com', 'eve', 'user', 'suspended', 1, now())");
    const std::string text = R"({"title": "Tonight", "message": "We are away for an hour"})";

    const auto all = co_await instance.call(Verb::post, "/notifications/broadcast", admin, text);
    const auto premium = co_await instance.call(Verb::post, "/notifications/broadcast", admin,
                                                R"({"title": "Thanks", "message": "For you", "role": "premium"})");
    const auto by_user = co_await instance.call(Verb::post, "/notifications/broadcast", ada, text);
    const auto bad = co_await instance.call(Verb::post, "/notifications/broadcast", admin, R"({"title": "x", "role": "king"})");

    EXPECT_EQ(document(all).at("data").at("recipients").as_int64(), 2) << all.body;
    EXPECT_EQ(document(premium).at("data").at("recipients").as_int64(), 1);
    EXPECT_EQ(by_user.status, 403);
    EXPECT_EQ(bad.status, 422);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications", ada)), 1);
    EXPECT_EQ(total(co_await instance.call(Verb::get, "/notifications", bob)), 2);
    EXPECT_EQ(stage.database.query("SELECT count(*) FROM notifications.mails WHERE urgency = 2"), "3");
}

TEST(Broadcast, ReachesEveryActiveAccountOrThoseOfARole) {
    play(broadcasts);
}

}  // namespace
}  // namespace darkroom::notifications::tests
