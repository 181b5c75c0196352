// Events become notifications exactly once.
#include "services/notifications/tests/instance.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications::tests {
namespace {

constexpr pg::Query count_all{"test.count", "SELECT count(*) FROM notifications.notifications"};
constexpr pg::Query count_of_user{"test.count_of", "SELECT count(*) FROM notifications.notifications WHERE user_id = $1"};
constexpr pg::Query forget_checkpoint{"test.rewind", "DELETE FROM notifications.checkpoints"};
constexpr pg::Query forget_inbox{"test.forget", "DELETE FROM notifications.inbox"};
constexpr pg::Query count_dead{"test.dead", "SELECT count(*) FROM notifications.dead_letters"};
constexpr pg::Query count_outbox{"test.outbox", "SELECT count(*) FROM notifications.outbox"};

awaitable<> two_copies(Stage& stage) {
    EventLog log;
    for (int i = 0; i < 50; ++i) {
        log.add_user_created("user-" + std::to_string(i));
        log.add("something.else", "user-1", {});
        log.add_completed("user-" + std::to_string(i), "job-" + std::to_string(i));
    }
    auto& one = stage.add_instance(log);
    auto& two = stage.add_instance(log);

    one.start();
    two.start();
    testing::require(co_await one.consumer().catch_up(20s), "the first copy catches up");
    testing::require(co_await two.consumer().catch_up(20s), "the second copy catches up");

    EXPECT_EQ(co_await one.pool().one<std::int64_t>(count_all), 100);
    EXPECT_EQ(co_await one.pool().one<std::int64_t>(count_of_user, "user-7"), 2);
    EXPECT_EQ(co_await one.pool().one<std::int64_t>(count_dead), 0);
}

TEST(Consumption, TwoCopiesTellEverythingExactlyOnce) {
    play(two_copies);
}

awaitable<> redelivery(Stage& stage) {
    EventLog log;
    log.add_user_created("user-1");
    log.add_completed("user-1", "job-1");
    auto& first = stage.add_running_instance(log);
    testing::require(co_await first.consumer().catch_up(10s), "caught up");
    co_await stage.stop();
    co_await first.pool().execute(forget_checkpoint);
    co_await first.pool().execute(forget_inbox);

    log.add_completed("user-1", "job-2");
    auto& second = stage.add_running_instance(log);
    testing::require(co_await second.consumer().catch_up(10s), "caught up again");

    EXPECT_EQ(co_await second.pool().one<std::int64_t>(count_all), 3);
    EXPECT_EQ(co_await second.pool().one<std::int64_t>(count_dead), 0);
}

TEST(Consumption, AnEventThatComesAgainAfterTheCheckpointWasLostTellsNothingNew) {
    play(redelivery);
}

awaitable<> poison(Stage& stage) {
    EventLog log;
    log.add_user_created("user-1");
    log.add("user.created", "user-2", {{"nothing", "useful"}});
    log.add_user_created("user-3");
    auto& instance = stage.add_instance(log);

    instance.start();
    testing::require(co_await instance.consumer().catch_up(20s), "caught up");

    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_all), 2);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_dead), 1);
}

TEST(Consumption, AnEventThatBreaksTheContractIsParkedAndTheRestGoesOn) {
    play(poison);
}

awaitable<> rollback(Stage& stage) {
    auto& instance = stage.add_instance();
    {
        auto transaction = co_await instance.pool().begin();
        Draft draft{NotificationType::broadcast, "a title", "a message", {}};
        Cause cause{"event:1", "correlation"};
        const auto created =
            co_await instance.repository().create(transaction, UserId::trusted("user-1"), std::move(draft), std::move(cause));
        EXPECT_TRUE(created.has_value());
    }

    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_all), 0);
    EXPECT_EQ(co_await instance.delivery().deliver_pending(), 0U);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_outbox), 0);
}

TEST(Consumption, ATransactionThatRollsBackHasToldNobody) {
    play(rollback);
}

awaitable<> deletion(Stage& stage) {
    EventLog log;
    log.add_user_created("leaver");
    log.add_user_created("stayer");
    log.add("user.deleted", "leaver",
            {{"user_id", "leaver"}, {"email", "l@example.com"}, {"username", "leaver"}, {"role", "user"}});
    log.add_completed("leaver", "a-late-job");
    auto& instance = stage.add_instance(log);

    instance.start();
    testing::require(co_await instance.consumer().catch_up(10s), "caught up");

    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_of_user, "leaver"), 0);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_of_user, "stayer"), 1);
}

TEST(Consumption, ADeletedUserIsForgottenAndStaysSo) {
    play(deletion);
}

awaitable<> muted(Stage& stage) {
    EventLog log;
    auto& instance = stage.add_instance(log);
    const PreferencesChange change{{"image_processing_completed", {.in_app = false}}};
    co_await instance.repository().change_preferences(UserId::trusted("user-1"), change);
    log.add_completed("user-1", "job-1");
    log.add_completed("user-2", "job-2");

    instance.start();
    testing::require(co_await instance.consumer().catch_up(10s), "caught up");

    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_of_user, "user-1"), 0);
    EXPECT_EQ(co_await instance.pool().one<std::int64_t>(count_of_user, "user-2"), 1);
}

TEST(Consumption, WhatAUserHasMutedIsNotStored) {
    play(muted);
}

}  // namespace
}  // namespace darkroom::notifications::tests
