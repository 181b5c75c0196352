// Commands and subscriptions on a real server, and what happens without one.
#include "platform/redis/client.hpp"
#include "platform/redis/subscriber.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::redis {
namespace {

using testing::RedisServer;

ClientOptions options_for(const std::string& url) {
    return {.url = Url::parse(url).value()};
}

awaitable<std::string> code_of(awaitable<Reply> work) {
    try {
        co_await std::move(work);
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    } catch (const CommandError& error) {
        co_return error.what();
    }
    co_return "";
}

TEST(RedisClient, PipelinesCommandsOverTcpAndUnixSockets) {
    RedisServer server;
    testing::run(
        [](Runtime& runtime, RedisServer& redis) -> awaitable<> {
            Client unix_client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            Client tcp_client(runtime.executor(), runtime.cpu(), options_for(redis.tcp_url()));
            co_await unix_client.command({"SET", "key", "value"});
            const auto value = co_await tcp_client.command({"GET", "key"});
            std::vector<std::vector<std::string>> batch(1000, {"INCR", "counter"});
            const auto replies = co_await tcp_client.commands(batch);
            const auto refusal = co_await code_of(tcp_client.command({"INCR", "key"}));

            EXPECT_EQ(value.text(), "value");
            EXPECT_EQ(replies.back().integer(), 1000);
            EXPECT_TRUE(refusal.starts_with("ERR value is not an integer")) << refusal;
        },
        server);
}

TEST(RedisClient, IsRefusedAtOnceWhileTheServerIsAwayAndRecovers) {
    RedisServer server;
    testing::run(
        [](Runtime& runtime, RedisServer& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            co_await client.command({"PING"});
            redis.kill();
            static_cast<void>(co_await code_of(client.command({"PING"})));

            const auto started = SteadyClock::now();
            const auto code = co_await code_of(client.command({"PING"}));
            const auto took = SteadyClock::now() - started;
            const bool sent = client.send({"PING"});
            redis.start();
            const bool again = co_await testing::eventually([&client] { return client.connected(); });
            const auto healthy = co_await client.healthy();

            EXPECT_EQ(code, "redis_unavailable");
            EXPECT_LT(took, 3s);
            EXPECT_FALSE(sent);
            EXPECT_TRUE(again);
            EXPECT_TRUE(healthy);
        },
        server);
}

TEST(RedisClient, AFrozenServerHoldsACallerNoLongerThanTheDeadline) {
    RedisServer server;
    testing::run(
        [](Runtime& runtime, RedisServer& redis) -> awaitable<> {
            auto options = options_for(redis.url());
            options.command_deadline = 200ms;
            Client client(runtime.executor(), runtime.cpu(), options);
            co_await client.command({"PING"});
            redis.freeze();

            const auto started = SteadyClock::now();
            const auto code = co_await code_of(client.command({"PING"}));
            const auto took = SteadyClock::now() - started;
            redis.thaw();
            const bool again = co_await testing::eventually([&client] { return client.connected(); });

            EXPECT_EQ(code, "redis_unavailable");
            EXPECT_LT(took, 3s);
            EXPECT_TRUE(again);
        },
        server);
}

TEST(RedisSubscriber, SubscribesAgainAfterALossAndSaysSo) {
    RedisServer server;
    testing::run(
        [](Runtime& runtime, RedisServer& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            Subscriber subscriber(runtime.executor(), runtime.cpu(), {.url = Url::parse(redis.url()).value()});
            std::vector<std::string> received;
            int connections = 0;
            subscriber.subscribe("news", [&received](std::string_view payload) { received.emplace_back(payload); });
            subscriber.on_connected([&connections] { ++connections; });
            subscriber.start();
            const bool first = co_await testing::eventually([&connections] { return connections == 1; });
            co_await client.command({"PUBLISH", "news", "one"});
            const bool got_one = co_await testing::eventually([&received] { return received.size() == 1; });

            redis.kill();
            const bool lost = co_await testing::eventually([&subscriber] { return !subscriber.connected(); });
            redis.start();
            const bool second = co_await testing::eventually([&connections] { return connections == 2; });
            co_await testing::eventually([&client] { return client.connected(); });
            co_await client.command({"PUBLISH", "news", "two"});
            const bool got_two = co_await testing::eventually([&received] { return received.size() == 2; });

            EXPECT_TRUE(first && got_one && lost && second && got_two);
            EXPECT_EQ(received, (std::vector<std::string>{"one", "two"}));
        },
        server);
}

}  // namespace
}  // namespace darkroom::redis
