// Instances that announce themselves, on a real Redis.
#include "services/gateway/discovery.hpp"

#include "platform/async/deadline.hpp"
#include "platform/service/announcer.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"

#include <gmock/gmock.h>

namespace darkroom::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// A gateway, as far as finding instances goes. Nobody listens at any address here.
struct Listener {
    Listener(Runtime& runtime, const std::string& url, std::string_view networks)
        : redis(redis::Url::parse(url).value()),
          client(runtime),
          commands(runtime.executor(), runtime.cpu(), {.url = redis}),
          tasks(runtime.executor()),
          upstreams({{"image-service", {{"127.0.0.1", 8002}}}}),
          probes(client, upstreams, tasks),
          discovery({runtime, upstreams, probes, redis, http::Networks::parse(networks).value()}) {
        discovery.start(tasks);
    }

    std::vector<std::string> instances() {
        std::vector<std::string> texts;
        for (const auto& instance : upstreams.of("image-service").instances()) texts.push_back(instance->address().text());
        return texts;
    }
    awaitable<bool> sees(std::size_t count) {
        return testing::eventually([this, count] { return instances().size() == count; });
    }

    redis::Url redis;
    http::Client client;
    redis::Client commands;
    TaskGroup tasks;
    Upstreams upstreams;
    InstanceProbes probes;
    Discovery discovery;
};

struct Speaker {
    Speaker(Runtime& runtime, Listener& listener, std::string url, std::string service = "image-service")
        : tasks(runtime.executor()),
          announcer(runtime, listener.commands,
                    {.service = std::move(service),
                     .url = std::move(url),
                     .bind = "0.0.0.0",
                     .port = 9002,
                     .redis_url = listener.redis}) {
        tasks.spawn("announcements", announcer.run());
    }

    TaskGroup tasks;
    Announcer announcer;
};

TEST(Discovery, AnInstanceIsInWhenItSpeaksAndOutWhenItIsSilentOrLeaves) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Listener gateway(runtime, redis.url(), "10.0.0.0/8");
            Speaker one(runtime, gateway, "http://10.0.0.1:8002");
            Speaker other(runtime, gateway, "http://10.0.0.2:8002");

            EXPECT_TRUE(co_await gateway.sees(3));
            EXPECT_THAT(gateway.instances(), UnorderedElementsAre("127.0.0.1:8002", "10.0.0.1:8002", "10.0.0.2:8002"));
            other.announcer.leave();
            EXPECT_TRUE(co_await gateway.sees(2));
            co_await one.tasks.stop(1s);
            EXPECT_TRUE(co_await gateway.sees(1));

            EXPECT_THAT(gateway.instances(), ElementsAre("127.0.0.1:8002"));
            co_await other.tasks.stop(1s);
            co_await gateway.tasks.stop(1s);
        },
        server);
}

TEST(Discovery, StrangersAndNonsenseAreNotBelieved) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Listener gateway(runtime, redis.url(), "10.0.0.0/8");
            Speaker stranger(runtime, gateway, "http://203.0.113.7:80");
            Speaker name(runtime, gateway, "http://evil.example:80");
            Speaker unknown(runtime, gateway, "http://10.0.0.9:80", "wrong-service");
            co_await testing::eventually([&gateway] { return gateway.commands.connected(); });
            gateway.commands.send({"PUBLISH", "darkroom.instances", "no json"});
            // Announced after them: when it is there, they have been heard.
            Speaker good(runtime, gateway, "http://10.0.0.1:8002");

            EXPECT_TRUE(co_await gateway.sees(2));

            EXPECT_THAT(gateway.instances(), UnorderedElementsAre("127.0.0.1:8002", "10.0.0.1:8002"));
            for (auto* speaker : {&stranger, &name, &unknown, &good}) co_await speaker->tasks.stop(1s);
            co_await gateway.tasks.stop(1s);
        },
        server);
}

TEST(Discovery, ByItselfAnInstanceFindsTheAddressThatReachesRedis) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Listener gateway(runtime, redis.tcp_url(), "127.0.0.0/8");
            Speaker speaker(runtime, gateway, "auto");

            EXPECT_TRUE(co_await gateway.sees(2));

            EXPECT_THAT(gateway.instances(), UnorderedElementsAre("127.0.0.1:8002", "127.0.0.1:9002"));
            co_await speaker.tasks.stop(1s);
            co_await gateway.tasks.stop(1s);
        },
        server);
}

TEST(Discovery, WhileRedisIsAwayEverybodyStays) {
    testing::RedisServer server;
    testing::run(
        [](Runtime& runtime, testing::RedisServer& redis) -> awaitable<> {
            Listener gateway(runtime, redis.url(), "10.0.0.0/8");
            Speaker speaker(runtime, gateway, "http://10.0.0.1:8002");
            EXPECT_TRUE(co_await gateway.sees(2));

            redis.kill();
            // Longer than any silence that would be taken for an end.
            co_await pause_for(Membership::silence + 500ms);
            EXPECT_EQ(gateway.instances().size(), 2U);

            co_await speaker.tasks.stop(1s);
            co_await gateway.tasks.stop(1s);
        },
        server);
}

}  // namespace
}  // namespace darkroom::gateway
