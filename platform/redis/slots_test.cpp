#include "platform/redis/slots.hpp"
#include "platform/redis/url.hpp"

#include <gtest/gtest.h>

namespace darkroom::redis {
namespace {

// From the Redis Cluster specification, and `CLUSTER KEYSLOT` of a real server.
TEST(RedisSlots, AreTheCrcOfTheKeyOrOfWhatStandsInBraces) {
    EXPECT_EQ(slot_of_key("123456789"), 0x31C3 % slot_count);
    EXPECT_EQ(slot_of_key("foo"), 12182);
    EXPECT_EQ(slot_of_key("{user1000}.following"), slot_of_key("{user1000}.followers"));
    EXPECT_EQ(slot_of_key("foo{}{bar}"), 8363);
    EXPECT_EQ(slot_of_key("foo{{bar}}zap"), slot_of_key("{bar"));
    EXPECT_EQ(slot_of_key("foo{bar}{zap}"), slot_of_key("bar"));
}

TEST(RedisSlots, AreThoseOfTheFirstKeyAlsoInScripts) {
    EXPECT_EQ(slot_of_command({"GET", "foo"}), 12182);
    EXPECT_EQ(slot_of_command({"EVALSHA", "0123", "2", "foo", "{foo}x"}), 12182);
    EXPECT_EQ(slot_of_command({"PUBLISH", "foo", "text"}), 12182);
    EXPECT_EQ(slot_of_command({"EVAL", "return 1", "0"}), std::nullopt);
    EXPECT_EQ(slot_of_command({"PING"}), std::nullopt);
    EXPECT_EQ(slot_of_command({"script", "LOAD", "return 1"}), std::nullopt);
}

TEST(RedisRedirection, IsReadFromTheErrorReply) {
    const auto moved = Redirection::parse("MOVED 3999 127.0.0.1:6381");
    const auto ask = Redirection::parse("ASK 1 ::1:7000");
    const auto same_host = Redirection::parse("MOVED 5 :6381");

    ASSERT_TRUE(moved && ask && same_host);
    EXPECT_EQ(moved->host, "127.0.0.1");
    EXPECT_EQ(moved->port, 6381);
    EXPECT_FALSE(moved->ask);
    EXPECT_TRUE(ask->ask);
    EXPECT_EQ(ask->host, "::1");
    EXPECT_EQ(same_host->host, "");
    EXPECT_FALSE(Redirection::parse("ERR no such key"));
    EXPECT_FALSE(Redirection::parse("MOVED nowhere"));
}

TEST(RedisUrl, ReadsSentinelsAndTheirMaster) {
    const auto url = Url::parse("redis+sentinel://:p%40ss@one,two:26380,[::1]/mymaster/2?sentinel_password=s").value();

    EXPECT_EQ(url.topology, Topology::sentinel);
    EXPECT_EQ(url.nodes, (std::vector<Node>{{"one", 26379}, {"two", 26380}, {"::1", 26379}}));
    EXPECT_EQ(url.master, "mymaster");
    EXPECT_EQ(url.database, 2);
    EXPECT_EQ(url.password.reveal(), "p@ss");
    EXPECT_EQ(url.sentinel_password.reveal(), "s");
}

TEST(RedisUrl, ReadsTheNodesOfACluster) {
    const auto url = Url::parse("redis+cluster://user:secret@one:7000,two").value();

    EXPECT_EQ(url.topology, Topology::cluster);
    EXPECT_EQ(url.nodes, (std::vector<Node>{{"one", 7000}, {"two", 6379}}));
    EXPECT_EQ(url.user, "user");
    EXPECT_EQ(url.at(url.nodes[1]).host, "two");
    EXPECT_EQ(url.at(url.nodes[1]).password.reveal(), "secret");
}

TEST(RedisUrl, RefusesTopologiesThatNameNobody) {
    for (const auto* text : {"redis+cluster://", "redis+cluster://one,", "redis+cluster://one:0", "redis+cluster://one/1",
                             "redis+sentinel://one", "redis+sentinel://one/m/x", "redis+sentinel:///m"}) {
        EXPECT_TRUE(Url::parse(text).has_error()) << text;
    }
}

}  // namespace
}  // namespace darkroom::redis
