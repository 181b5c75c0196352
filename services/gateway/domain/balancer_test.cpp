#include "services/gateway/domain/balancer.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

const SteadyClock::time_point start{std::chrono::hours{1}};

TEST(Balancer, TakesInstancesInTurn) {
    Balancer balancer(3);

    EXPECT_EQ(balancer.pick(start), 0U);
    EXPECT_EQ(balancer.pick(start), 1U);
    EXPECT_EQ(balancer.pick(start), 2U);
    EXPECT_EQ(balancer.pick(start), 0U);
}

TEST(Balancer, PassesOverAFailedInstanceUntilItsRestIsOver) {
    Balancer balancer(2);
    balancer.failed(0, start);

    EXPECT_EQ(balancer.pick(start + 1ms), 1U);
    EXPECT_EQ(balancer.pick(start + 2ms), 1U);
    EXPECT_EQ(balancer.pick(start + 501ms), 0U);
}

TEST(Balancer, RestsLongerAfterEveryFailureAndForgetsAtSuccess) {
    Balancer balancer(1);
    balancer.failed(0, start);
    balancer.failed(0, start);
    EXPECT_FALSE(balancer.is_up(0, start + 900ms));
    EXPECT_TRUE(balancer.is_up(0, start + 1000ms));
    for (int i = 0; i < 20; ++i) balancer.failed(0, start);
    EXPECT_TRUE(balancer.is_up(0, start + 10s));

    balancer.succeeded(0);

    EXPECT_TRUE(balancer.is_up(0, start));
}

TEST(Balancer, WithEverybodyDownTheOneThatReturnsFirstIsTried) {
    Balancer balancer(2);
    balancer.failed(0, start);
    balancer.failed(0, start);
    balancer.failed(1, start);

    EXPECT_EQ(balancer.pick(start + 1ms), 1U);
}

}  // namespace
}  // namespace darkroom::gateway
