// From the table to the sockets, on this instance and on another one.
#include "services/notifications/tests/instance.hpp"
#include "tests/harness/sockets.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications::tests {
namespace {

using system_test::WebSocketClient;
using testing::eventually;

constexpr pg::Query set_unannounced{
    "test.cut_off", "UPDATE notifications.notifications SET announced = false, sent_at = sent_at - interval '1 minute'"};
constexpr pg::Query count_sent_events{"test.sent_events",
                                      "SELECT count(*) FROM notifications.outbox WHERE type = 'notification.sent'"};

/// A client on a thread of its own: it blocks, the loop must not.
struct Listening {
    std::shared_ptr<WebSocketClient> socket;
    CpuPool& cpu;

    awaitable<std::optional<json::Value>> next(Milliseconds limit = 10s) const {
        const auto read = [socket = socket, limit] { return socket->next(limit); };
        return cpu.run(read);
    }
};

awaitable<Listening> listen(Runtime& runtime, std::uint16_t port, std::string token) {
    const auto connect = [port, token] { return std::make_shared<WebSocketClient>(port, "/ws/notifications?token=" + token); };
    Listening listening{co_await runtime.cpu().run(connect), runtime.cpu()};
    co_return listening;
}

std::string type_of(const std::optional<json::Value>& frame) {
    return frame ? std::string(json::view(frame->at("type").as_string())) : "nothing";
}

std::string title_of(const std::optional<json::Value>& frame) {
    const auto* title = frame ? frame->as_object().if_contains("title") : nullptr;
    return title != nullptr ? std::string(json::view(title->as_string())) : "nothing";
}

awaitable<> pushes(Stage& stage) {
    auto& here = stage.add_running_instance();
    auto& there = stage.add_running_instance();
    const bool subscribed =
        co_await eventually([&] { return here.subscriber().connected() && there.subscriber().connected(); });
    testing::require(subscribed, "both have Redis");
    const auto first = co_await listen(stage.runtime, here.port(), "user:ada:user");
    const auto second = co_await listen(stage.runtime, here.port(), "user:ada:user");
    const auto remote = co_await listen(stage.runtime, there.port(), "user:ada:user");
    const auto stranger = co_await listen(stage.runtime, here.port(), "user:bob:user");
    for (const auto* one : {&first, &second, &remote, &stranger}) EXPECT_EQ(type_of(co_await one->next()), "connection");

    co_await here.store("ada", "hello");

    for (const auto* one : {&first, &second, &remote}) {
        const auto frame = co_await one->next();
        EXPECT_EQ(title_of(frame), "hello");
        EXPECT_EQ(frame->at("status").as_string(), "sent");
        EXPECT_EQ(type_of(co_await one->next(300ms)), "nothing") << "told twice";
    }
    EXPECT_EQ(type_of(co_await stranger.next(10ms)), "nothing");
    EXPECT_EQ(co_await here.pool().one<std::int64_t>(count_sent_events), 1);
}

TEST(Delivery, EverySocketOfTheUserOnEveryInstanceIsToldOnce) {
    play(pushes);
}

awaitable<> without_redis(Stage& stage) {
    auto& here = stage.add_running_instance();
    auto& there = stage.add_running_instance();
    const auto local = co_await listen(stage.runtime, here.port(), "user:ada:user");
    const auto remote = co_await listen(stage.runtime, there.port(), "user:ada:user");
    EXPECT_EQ(type_of(co_await local.next()), "connection");
    EXPECT_EQ(type_of(co_await remote.next()), "connection");
    stage.redis.kill();
    const bool noticed = co_await eventually([&] { return !there.subscriber().connected(); });
    testing::require(noticed, "Redis is known to be away");

    co_await here.store("ada", "without redis");

    EXPECT_EQ(title_of(co_await local.next()), "without redis");
    EXPECT_EQ(title_of(co_await remote.next()), "without redis");
    stage.redis.start();
    const bool back = co_await eventually([&] { return here.subscriber().connected() && there.subscriber().connected(); });
    testing::require(back, "Redis is back");
    co_await here.store("ada", "with redis");
    EXPECT_EQ(title_of(co_await local.next()), "with redis");
    EXPECT_EQ(title_of(co_await remote.next()), "with redis");
    EXPECT_EQ(type_of(co_await remote.next(1500ms)), "nothing") << "the catch-up repeats what was told";
}

/// Whether this Redis, since its start, was told to publish something that often.
awaitable<bool> has_published(redis::Client& client, int count) {
    const auto reply = co_await client.command({"INFO", "commandstats"});
    co_return reply.text().find(fmt::format("cmdstat_publish:calls={},", count)) != std::string::npos;
}

awaitable<> kept(Stage& stage) {
    auto& here = stage.add_running_instance();
    redis::Client client(stage.runtime.executor(), stage.runtime.cpu(), {.url = redis::Url::parse(stage.redis.url()).value()});
    const auto both = [&] { return here.subscriber().connected() && client.connected(); };
    testing::require(co_await eventually(both), "Redis is there");
    stage.redis.kill();
    const auto neither = [&] { return !here.subscriber().connected() && !client.connected(); };
    testing::require(co_await eventually(neither), "Redis is known to be away");

    for (const auto* title : {"first", "second", "third"}) {
        const auto sent = here.delivery().sent();
        co_await here.store("ada", title);
        testing::require(co_await eventually([&] { return here.delivery().sent() > sent; }), "it is pushed");
    }

    EXPECT_EQ(here.delivery().unpublished(), 3U);
    stage.redis.start();
    testing::require(co_await eventually([&] { return client.connected(); }), "Redis is back");
    const auto published = [&] { return has_published(client, 3); };
    testing::require(co_await testing::eventually_async(published), "other instances are told each of them once");
    testing::require(co_await eventually([&] { return here.delivery().unpublished() == 0; }), "none is left");
}

TEST(Delivery, WhatOtherInstancesMissWhileRedisIsAwayIsKeptForThem) {
    play(kept);
}

TEST(Delivery, WithoutRedisSocketsHereAreToldAtOnceAndThoseElsewhereFromTheDatabase) {
    play(without_redis);
}

awaitable<> cut_off(Stage& stage) {
    // Dies between the commit and the push, as far as the table can tell.
    auto& dying = stage.add_instance();
    co_await dying.store("ada", "cut off");
    EXPECT_EQ(co_await dying.delivery().deliver_pending(), 1U);
    co_await dying.pool().execute(set_unannounced);
    auto& next = stage.add_instance();
    const auto socket = co_await listen(stage.runtime, next.port(), "user:ada:user");
    EXPECT_EQ(type_of(co_await socket.next()), "connection");

    next.start();

    EXPECT_EQ(title_of(co_await socket.next()), "cut off");
    EXPECT_EQ(co_await next.pool().one<std::int64_t>(count_sent_events), 1) << "sent is said once";
}

TEST(Delivery, APushThatWasCutOffIsMadeGood) {
    play(cut_off);
}

awaitable<> frames(Stage& stage) {
    auto& instance = stage.add_instance();
    const auto socket = co_await listen(stage.runtime, instance.port(), "user:ada:user");
    const auto refused = co_await listen(stage.runtime, instance.port(), "nonsense");
    const auto service = co_await listen(stage.runtime, instance.port(), "service:image-service");
    EXPECT_EQ(type_of(co_await socket.next()), "connection");

    socket.socket->send({{"type", "ping"}});
    EXPECT_EQ(type_of(co_await socket.next()), "pong");
    socket.socket->send_text("not json");
    EXPECT_EQ(type_of(co_await socket.next()), "error");
    EXPECT_TRUE(socket.socket->open());
    EXPECT_EQ(refused.socket->status(), 401);
    EXPECT_EQ(service.socket->status(), 403);

    instance.sockets().close_ended([](const SessionId& session) { return session.text() == "session-of-ada"; });
    EXPECT_EQ(type_of(co_await socket.next()), "nothing");
    EXPECT_EQ(socket.socket->close_code(), 1008);
}

TEST(Sockets, AnswerPingsSurviveMistakesAndEndWithTheSession) {
    play(frames);
}

}  // namespace
}  // namespace darkroom::notifications::tests
