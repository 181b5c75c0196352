#include "services/gateway/domain/balancer.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

const SteadyClock::time_point start{std::chrono::hours{1}};
const Address a{"10.0.0.1", 8002};
const Address b{"10.0.0.2", 8002};
const Address c{"10.0.0.3", 8002};

TEST(Balancer, TakesInstancesInTurn) {
    Balancer balancer({a, b, c});

    EXPECT_EQ(balancer.pick(start)->address(), a);
    EXPECT_EQ(balancer.pick(start)->address(), b);
    EXPECT_EQ(balancer.pick(start)->address(), c);
    EXPECT_EQ(balancer.pick(start)->address(), a);
}

TEST(Balancer, PassesOverAFailedInstanceUntilItsRestIsOver) {
    Balancer balancer({a, b});
    balancer.pick(start)->failed(start);

    EXPECT_EQ(balancer.pick(start + 1ms)->address(), b);
    EXPECT_EQ(balancer.pick(start + 2ms)->address(), b);
    EXPECT_EQ(balancer.pick(start + 501ms)->address(), a);
}

TEST(Balancer, RestsLongerAfterEveryFailureAndForgetsAtSuccess) {
    Instance instance(a);
    instance.failed(start);
    instance.failed(start);
    EXPECT_FALSE(instance.is_up(start + 900ms));
    EXPECT_TRUE(instance.is_up(start + 1000ms));
    for (int i = 0; i < 20; ++i) instance.failed(start);
    EXPECT_TRUE(instance.is_up(start + 10s));

    instance.succeeded();

    EXPECT_TRUE(instance.is_up(start));
}

TEST(Balancer, WithEverybodyDownTheOneThatReturnsFirstIsTried) {
    Balancer balancer({a, b});
    balancer.instances()[0]->failed(start);
    balancer.instances()[0]->failed(start);
    balancer.instances()[1]->failed(start);

    EXPECT_EQ(balancer.pick(start + 1ms)->address(), b);
}

TEST(Balancer, WhoStaysAMemberKeepsWhatIsKnownOfIt) {
    Balancer balancer({a, b});
    balancer.instances()[0]->failed(start);

    balancer.set_members({a, c});

    EXPECT_EQ(balancer.pick(start + 1ms)->address(), c);
    EXPECT_EQ(balancer.pick(start + 2ms)->address(), c);
    balancer.set_members({b});
    EXPECT_EQ(balancer.pick(start + 3ms)->address(), b);
}

}  // namespace
}  // namespace darkroom::gateway
