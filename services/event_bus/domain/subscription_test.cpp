#include "services/event_bus/domain/subscription.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

bus::Envelope an_event(std::int64_t position, std::string type = "image.uploaded", std::string user = "ann") {
    bus::Envelope event;
    event.position = position;
    event.type = std::move(type);
    event.user_id = std::move(user);
    return event;
}

SubscribeRequest a_request(std::string_view text) {
    return json::decode_json<SubscribeRequest>(text).value();
}

Subscription as_ann(std::int64_t head) {
    return {Visibility{"ann"}, head};
}

TEST(Subscription, WithoutARequestEverythingVisibleIsWantedFromNowOn) {
    auto subscription = as_ann(10);

    EXPECT_FALSE(subscription.offer_live(an_event(10)));
    EXPECT_TRUE(subscription.offer_live(an_event(11)));
    EXPECT_FALSE(subscription.offer_live(an_event(12, "image.uploaded", "bob")));
}

TEST(Subscription, NothingIsSentTwice) {
    auto subscription = as_ann(10);

    EXPECT_TRUE(subscription.offer_live(an_event(11)));

    EXPECT_FALSE(subscription.offer_live(an_event(11)));
    EXPECT_FALSE(subscription.offer_replayed(an_event(11)));
}

TEST(Subscription, ReplayComesBeforeLive) {
    auto subscription = as_ann(10);
    ASSERT_TRUE(subscription.subscribe(a_request(R"({"type":"subscribe","after":7})"), 10));

    EXPECT_TRUE(subscription.replaying());
    EXPECT_FALSE(subscription.offer_live(an_event(11))) << "the store will give it";
    for (const auto position : {8, 9, 10, 11}) EXPECT_TRUE(subscription.offer_replayed(an_event(position)));
    subscription.caught_up();

    EXPECT_FALSE(subscription.offer_live(an_event(11)));
    EXPECT_TRUE(subscription.offer_live(an_event(12)));
}

TEST(Subscription, FiltersByTypeAndUser) {
    Subscription subscription(Visibility{}, 0);
    ASSERT_TRUE(subscription.subscribe(a_request(R"({"type":"subscribe","event_types":["image.*"],"user_id":"bob"})"), 0));

    EXPECT_TRUE(subscription.offer_live(an_event(1, "image.deleted", "bob")));
    EXPECT_FALSE(subscription.offer_live(an_event(2, "user.created", "bob")));
    EXPECT_FALSE(subscription.offer_live(an_event(3, "image.deleted", "ann")));
}

TEST(Subscription, RefusesAForeignUserAndAFuturePosition) {
    auto subscription = as_ann(10);

    EXPECT_EQ(subscription.subscribe(a_request(R"({"type":"subscribe","user_id":"bob"})"), 10).error().code, "foreign_user");
    EXPECT_EQ(subscription.subscribe(a_request(R"({"type":"subscribe","after":11})"), 10).error().code, "after_beyond_head");
    EXPECT_TRUE(subscription.offer_live(an_event(11))) << "a refused request changes nothing";
}

TEST(Subscription, AFurtherRequestReplacesTheFormer) {
    auto subscription = as_ann(0);
    ASSERT_TRUE(subscription.subscribe(a_request(R"({"type":"subscribe","event_types":["user.*"]})"), 0));

    ASSERT_TRUE(subscription.subscribe(a_request(R"({"type":"subscribe"})"), 0));

    EXPECT_TRUE(subscription.offer_live(an_event(1)));
}

}  // namespace
}  // namespace darkroom::event_bus
