#include "services/gateway/domain/rate_limit.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

const SteadyClock::time_point start{std::chrono::hours{1}};

auth::Caller a_caller(auth::Role role) {
    auth::Caller caller;
    caller.kind = auth::CallerKind::user;
    caller.role = role;
    return caller;
}

TEST(RateLimits, EveryRoleHasItsOwnAndUnnamedOnesKeepTheirDefault) {
    const auto limits = RateLimits::parse("anonymous=1,premium=50").value();

    EXPECT_EQ(limits.of({}), 1);
    EXPECT_EQ(limits.of(a_caller(auth::Role::guest)), 100);
    EXPECT_EQ(limits.of(a_caller(auth::Role::user)), 300);
    EXPECT_EQ(limits.of(a_caller(auth::Role::premium)), 50);
    EXPECT_EQ(limits.of(a_caller(auth::Role::admin)), 1000);
}

TEST(RateLimits, OffMeansUnlimited) {
    EXPECT_EQ(RateLimits::parse("off").value().of({}), std::nullopt);
}

TEST(RateLimits, IllFormedTextIsRefused) {
    for (const auto* text :
         {"on", "user", "user=", "user=0", "user=-1", "user=1x", "root=5", "user=1;guest=2", "user=99999999999"}) {
        EXPECT_TRUE(RateLimits::parse(text).has_error()) << text;
    }
}

TEST(TokenBuckets, ABurstOfTheWholeLimitPassesAndTheNextIsRefused) {
    TokenBuckets buckets(100);

    for (int i = 0; i < 60; ++i) EXPECT_TRUE(buckets.take("a", 60, start).allowed);
    const auto refused = buckets.take("a", 60, start);

    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.retry_after, Seconds{1});
    EXPECT_EQ(refused.reset, Seconds{60});
}

TEST(TokenBuckets, TokensComeBackEvenly) {
    TokenBuckets buckets(100);
    for (int i = 0; i < 60; ++i) buckets.take("a", 60, start);

    EXPECT_FALSE(buckets.take("a", 60, start + 900ms).allowed);
    EXPECT_TRUE(buckets.take("a", 60, start + 1100ms).allowed);
    EXPECT_FALSE(buckets.take("a", 60, start + 1200ms).allowed);
}

TEST(TokenBuckets, ARefusedRequestCostsNothing) {
    TokenBuckets buckets(100);
    for (int i = 0; i < 60; ++i) buckets.take("a", 60, start);

    for (int i = 0; i < 1000; ++i) buckets.take("a", 60, start + 500ms);

    EXPECT_TRUE(buckets.take("a", 60, start + 1001ms).allowed);
}

TEST(TokenBuckets, ClientsDoNotShare) {
    TokenBuckets buckets(100);
    EXPECT_TRUE(buckets.take("a", 1, start).allowed);

    EXPECT_FALSE(buckets.take("a", 1, start).allowed);
    EXPECT_TRUE(buckets.take("b", 1, start).allowed);
}

TEST(TokenBuckets, PeekingTakesNothing) {
    TokenBuckets buckets(100);
    buckets.take("a", 10, start);

    for (int i = 0; i < 20; ++i) EXPECT_EQ(buckets.peek("a", 10, start).remaining, 9);
}

TEST(TokenBuckets, AnEmptyBucketSurvivesTheChangeOfGenerations) {
    TokenBuckets buckets(100);
    for (int i = 0; i < 10; ++i) buckets.take("a", 10, start + 55s);

    // A minute since the generation began: "b" ages it, "a" must still be found nearly empty.
    buckets.take("b", 10, start + 61s);

    EXPECT_EQ(buckets.take("a", 10, start + 61s).remaining, 0);
}

TEST(TokenBuckets, TheTableStaysBoundedUnderAFloodOfAddresses) {
    TokenBuckets buckets(1000);

    for (int i = 0; i < 50'000; ++i) buckets.take("client" + std::to_string(i), 100, start);

    EXPECT_LE(buckets.size(), 1000U);
}

}  // namespace
}  // namespace darkroom::gateway
