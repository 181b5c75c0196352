// The story on a Redis Cluster, behind a Sentinel, through PgBouncer and with a read replica, each losing something midway.
#include "tests/harness/expectations.hpp"
#include "tests/harness/story.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <optional>

namespace darkroom::system_test {
namespace {

/// The story with a mishap in its middle; afterwards everything is there, once.
void play_with(System& system, const std::function<void()>& mishap) {
    system.wait_all_ready();
    auto playing = std::async(std::launch::async, [&system] { return play_story(system); });
    playing.wait_for(std::chrono::milliseconds(150));
    mishap();
    std::optional<Story> story;
    ASSERT_NO_THROW(story.emplace(playing.get())) << system.log_tails(1'000);
    expect_everything_once(system, *story);
}

bool reads_from_the_replica(const System& system, Part service) {
    HttpClient client(system.port(service));
    return client.get("/metrics").body.find("\ndarkroom_database_replica_used 1") != std::string::npos;
}

TEST(OnARedisCluster, TheStoryIsToldAlsoWhenANodeGoes) {
    System system({.instances = 2, .redis = RedisKind::cluster});

    play_with(system, [&system] { system.cluster().kill(1); });
}

TEST(BehindARedisSentinel, TheStoryIsToldAlsoDuringAFailover) {
    System system({.instances = 2, .redis = RedisKind::sentinel});

    play_with(system, [&system] { system.sentinel().kill_master(); });
}

TEST(ThroughAPoolerWithAReplica, TheStoryIsToldAlsoWhenTheReplicaGoes) {
    System system({.instances = 2, .pooler = true, .replica = true});
    for (const auto service : {Part::users, Part::images}) {
        EXPECT_TRUE(eventually([&] { return reads_from_the_replica(system, service); })) << system.log_tails(1'000);
    }

    play_with(system, [&system] { system.replica().kill(); });
}

}  // namespace
}  // namespace darkroom::system_test
