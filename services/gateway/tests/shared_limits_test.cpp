// Two gateways and one budget, on a real Redis.
#include "services/gateway/shared_limits.hpp"

#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

constexpr const char* ada = "user:ada";
constexpr int per_minute = 6;

/// A gateway, as far as limits go.
struct Counter {
    Counter(Runtime& runtime, const std::string& url)
        : redis(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(url).value()}), limits(1000, &redis) {}

    int take(int wanted) {
        int allowed = 0;
        for (int i = 0; i < wanted; ++i) allowed += limits.take(ada, per_minute, at).allowed ? 1 : 0;
        return allowed;
    }

    redis::Client redis;
    SharedLimits limits;
    /// The same moment for all: nothing is refilled meanwhile.
    SteadyClock::time_point at = SteadyClock::now() + std::chrono::hours{1};
};

TEST(SharedLimits, WhatOneGatewayGaveAwayIsGoneAtTheOther) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Counter here(runtime, redis.url());
            Counter there(runtime, redis.url());
            co_await testing::eventually([&] { return here.redis.connected() && there.redis.connected(); });

            EXPECT_EQ(here.take(4), 4);
            co_await here.limits.exchange();
            EXPECT_EQ(there.take(1), 1);
            co_await there.limits.exchange();

            EXPECT_EQ(there.take(per_minute), 1) << "4 there, 1 here, 1 left";
            co_await there.limits.exchange();
            EXPECT_EQ(here.take(1), 1) << "not known here before the next exchange";
            co_await here.limits.exchange();
            EXPECT_EQ(here.take(1), 0);
        },
        server);
}

TEST(SharedLimits, CountForThemselvesWhileRedisIsAway) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Counter here(runtime, redis.url());
            Counter there(runtime, redis.url());
            co_await testing::eventually([&] { return here.redis.connected() && there.redis.connected(); });
            redis.kill();
            co_await testing::eventually([&] { return !here.redis.connected(); });

            EXPECT_EQ(here.take(3), 3);
            co_await here.limits.exchange();
            EXPECT_EQ(there.take(1), 1);
            redis.start();
            co_await testing::eventually([&] { return here.redis.connected() && there.redis.connected(); });
            EXPECT_EQ(here.take(2), 2);
            co_await here.limits.exchange();
            EXPECT_EQ(there.take(1), 1);
            co_await there.limits.exchange();

            EXPECT_EQ(there.take(per_minute), 2) << "6, less 2 of its own, less 2 that were shared";
        },
        server);
}

}  // namespace
}  // namespace darkroom::gateway
