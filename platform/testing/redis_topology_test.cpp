// The same client on a real Redis Cluster and behind a real Sentinel.
#include "platform/redis/client.hpp"
#include "platform/redis/slots.hpp"
#include "platform/redis/subscriber.hpp"
#include "platform/testing/redis_topologies.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::redis {
namespace {

using testing::RedisCluster;
using testing::RedisSentinel;

ClientOptions options_for(const std::string& url) {
    return {.url = Url::parse(url).value()};
}

/// nullopt while Redis is not to be had.
awaitable<std::optional<std::string>> text_of(Client& client, std::vector<std::string> words) {
    try {
        const auto reply = co_await client.command(std::move(words));
        co_return reply.is_text() ? reply.text() : std::string();
    } catch (const Failure&) {
    } catch (const CommandError&) {
    }
    co_return std::nullopt;
}

/// Tries until the answer is as wanted, a dozen seconds long.
awaitable<bool> answers_in_time(Client& client, std::vector<std::string> words, std::string wanted) {
    for (int tries = 0; tries < 240; ++tries) {
        const auto text = co_await text_of(client, words);
        if (text == wanted) co_return true;
        co_await pause_for(50ms);
    }
    co_return false;
}

/// A number whose "key<number>" this node serves.
int key_served_by(const RedisCluster& cluster, std::size_t node) {
    for (int number = 0;; ++number) {
        if (cluster.ask(node, {"GET", "key" + std::to_string(number)}).find("MOVED") == std::string::npos) return number;
    }
}

TEST(RedisOnACluster, SendsEachCommandToTheNodeOfItsKeyAndKeepsTheOrderOfReplies) {
    const RedisCluster cluster;
    testing::run(
        [](Runtime& runtime, const RedisCluster& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            std::vector<std::vector<std::string>> batch;
            for (int i = 0; i < 200; ++i) batch.push_back({"SET", "key" + std::to_string(i), std::to_string(i)});
            for (int i = 0; i < 200; ++i) batch.push_back({"GET", "key" + std::to_string(i)});

            const auto replies = co_await client.commands(batch);
            const auto script =
                co_await client.command({"EVAL", "return redis.call('INCRBY', KEYS[1], ARGV[1])", "1", "{a}:count", "7"});

            for (int i = 0; i < 200; ++i) {
                EXPECT_EQ(replies.at(static_cast<std::size_t>(200 + i)).text(), std::to_string(i));
            }
            EXPECT_EQ(script.integer(), 7);
            for (std::size_t node = 0; node < redis.size(); ++node) EXPECT_NE(redis.ask(node, {"DBSIZE"}), "0");
            EXPECT_TRUE(co_await client.healthy());
        },
        cluster);
}

TEST(RedisOnACluster, FollowsASlotThatMoves) {
    RedisCluster cluster;
    testing::run(
        [](Runtime& runtime, RedisCluster& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            const auto key = "key" + std::to_string(key_served_by(redis, 0));
            co_await client.command({"SET", key, "before"});

            redis.move_slot(slot_of_key(key), 0, 2);
            const auto moved = co_await client.command({"GET", key});
            co_await client.command({"SET", key, "after"});

            EXPECT_EQ(moved.text(), "before");
            EXPECT_EQ(redis.ask(2, {"GET", key}), "after");
        },
        cluster);
}

TEST(RedisOnACluster, LivesOnWithoutANodeAndFindsItAgain) {
    RedisCluster cluster;
    testing::run(
        [](Runtime& runtime, RedisCluster& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            const auto kept = "key" + std::to_string(key_served_by(redis, 1));
            const auto lost = "key" + std::to_string(key_served_by(redis, 0));
            co_await client.command({"SET", kept, "here"});

            // The one node whose address was given.
            redis.kill(0);
            EXPECT_TRUE(co_await answers_in_time(client, {"GET", kept}, "here"));
            EXPECT_FALSE(co_await text_of(client, {"GET", lost}));
            redis.start(0);

            EXPECT_TRUE(co_await answers_in_time(client, {"SET", lost, "again"}, "OK"));
        },
        cluster);
}

TEST(RedisOnACluster, CarriesMessagesFromAnyNodeToAnyNode) {
    const RedisCluster cluster;
    testing::run(
        [](Runtime& runtime, const RedisCluster& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            Subscriber subscriber(runtime.executor(), runtime.cpu(), {.url = Url::parse(redis.url()).value()});
            std::vector<std::string> received;
            const OneShot<bool> connected(runtime.executor());
            const OneShot<bool> done(runtime.executor());
            for (const auto* channel : {"one", "two", "three", "four"}) {
                const auto on_message = [&received, &done](std::string_view payload) {
                    received.emplace_back(payload);
                    if (received.size() == 4) done.set(true);
                };
                subscriber.subscribe(channel, on_message);
            }
            subscriber.on_connected([&connected] { connected.set(true); });
            subscriber.start();
            EXPECT_TRUE(co_await connected.wait_for(10s));

            for (const auto* channel : {"one", "two", "three", "four"}) co_await client.command({"PUBLISH", channel, channel});

            EXPECT_TRUE(co_await done.wait_for(10s));
            EXPECT_EQ(received.size(), 4U);
        },
        cluster);
}

TEST(RedisBehindASentinel, GoesOnWithTheNewMaster) {
    RedisSentinel servers;
    testing::run(
        [](Runtime& runtime, RedisSentinel& redis) -> awaitable<> {
            Client client(runtime.executor(), runtime.cpu(), options_for(redis.url()));
            Subscriber subscriber(runtime.executor(), runtime.cpu(), {.url = Url::parse(redis.url()).value()});
            const OneShot<bool> heard(runtime.executor());
            const auto on_message = [&heard](std::string_view) { heard.set(true); };
            subscriber.subscribe("news", on_message);
            subscriber.start();
            co_await client.command({"SET", "key", "value"});
            // Written to the replica too before the master goes.
            co_await client.command({"WAIT", "1", "2000"});

            redis.kill_master();

            EXPECT_TRUE(co_await answers_in_time(client, {"GET", "key"}, "value"));
            EXPECT_TRUE(co_await answers_in_time(client, {"SET", "key", "written"}, "OK"));
            for (int tries = 0; tries < 200 && !heard.is_set(); ++tries) {
                client.send({"PUBLISH", "news", "here"});
                co_await pause_for(50ms);
            }
            EXPECT_TRUE(heard.is_set());
        },
        servers);
}

}  // namespace
}  // namespace darkroom::redis
