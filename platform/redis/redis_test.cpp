#include "platform/redis/protocol.hpp"
#include "platform/redis/url.hpp"

#include <gtest/gtest.h>

namespace darkroom::redis {
namespace {

TEST(RedisUrl, ReadsTcpWithPasswordAndDatabase) {
    const auto url = Url::parse("redis://:p%40ss@cache.example:6380/2").value();

    EXPECT_EQ(url.host, "cache.example");
    EXPECT_EQ(url.port, 6380);
    EXPECT_EQ(url.password.reveal(), "p@ss");
    EXPECT_EQ(url.database, 2);
    EXPECT_TRUE(url.path.empty());
}

TEST(RedisUrl, ReadsUnixSockets) {
    const auto url = Url::parse("unix:///var/run/redis.sock?db=1").value();

    EXPECT_EQ(url.path, "/var/run/redis.sock");
    EXPECT_EQ(url.database, 1);
}

TEST(RedisUrl, RefusesWhatItCannotUse) {
    for (const auto* text : {"", "redis", "http://localhost", "redis://host/x", "unix:", "redis://host:99999"}) {
        EXPECT_TRUE(Url::parse(text).has_error()) << text;
    }
    EXPECT_EQ(Url::parse("redis://localhost").value().port, 6379);
    EXPECT_EQ(Url::parse("redis://[::1]:6379").value().host, "::1");
}

TEST(RedisProtocol, WritesBinarySafeCommands) {
    EXPECT_EQ(format_command({"SET", "k", std::string("a\r\n\0b", 5)}),
              std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n", 31));
}

TEST(RedisProtocol, ReadsRepliesInPieces) {
    ReplyReader reader;
    const std::string bytes = "+OK\r\n:42\r\n$-1\r\n*2\r\n$1\r\na\r\n:1\r\n-ERR no\r\n";

    std::vector<Parsed> replies;
    for (const char c : bytes) {
        reader.feed({&c, 1});
        while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    }

    ASSERT_EQ(replies.size(), 5U);
    EXPECT_EQ(replies[0].reply.text(), "OK");
    EXPECT_EQ(replies[1].reply.integer(), 42);
    EXPECT_TRUE(replies[2].reply.is_nil());
    EXPECT_EQ(replies[3].reply.array().at(0).text(), "a");
    EXPECT_EQ(replies[4].error, "ERR no");
}

TEST(RedisProtocol, RefusesAnotherProtocol) {
    ReplyReader reader;
    reader.feed("HTTP/1.1 400 Bad Request\r\n");

    EXPECT_THROW(reader.next(), std::runtime_error);
}

TEST(Reply, AskedForAnotherTypeIsABug) {
    EXPECT_THROW(static_cast<void>(Reply{std::int64_t{1}}.text()), std::logic_error);
}

}  // namespace
}  // namespace darkroom::redis
