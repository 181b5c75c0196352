// A dead instance is left out and comes back by itself.
#include "services/gateway/instance_probes.hpp"

#include "platform/async/deadline.hpp"
#include "platform/http/server.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

/// Says what it is told to.
class StubInstance : public http::Handler {
public:
    explicit StubInstance(Runtime& runtime) : server_(runtime, {}, *this) { server_.listen(); }

    awaitable<> handle(http::Exchange& exchange) override {
        ++asked;
        while (hangs) co_await pause_for(10ms);
        co_await exchange.respond({.status = status});
    }
    http::Origin origin() const { return {"127.0.0.1", server_.port()}; }
    awaitable<> stop() { return server_.drain(200ms); }

    int status = 200;
    bool hangs = false;
    int asked = 0;

private:
    http::Server server_;
};

TEST(InstanceProbes, LeaveOutWhoIsNotReadyOrHangsUntilItIsBack) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        StubInstance first(runtime);
        StubInstance second(runtime);
        http::Client client(runtime);
        Upstreams upstreams({{"user-service", {first.origin(), second.origin()}}});
        InstanceProbes probes(client, upstreams, runtime.tasks());
        auto& upstream = upstreams.of("user-service");
        const auto watched = upstream.instances()[1];
        const auto is_up = [&watched] { return watched->is_up(SteadyClock::now()); };

        second.status = 503;
        co_await probes.probe(upstream, watched);
        EXPECT_FALSE(is_up()) << "it drains";
        second.status = 200;
        co_await probes.probe(upstream, watched);
        EXPECT_TRUE(is_up());
        second.hangs = true;
        co_await probes.probe(upstream, watched);
        EXPECT_FALSE(is_up()) << "it accepts and never answers";
        for (int i = 0; i < 4; ++i) EXPECT_NE(upstream.balancer().pick(SteadyClock::now()), watched);
        second.hangs = false;
        co_await probes.probe(upstream, watched);
        EXPECT_TRUE(is_up());
        co_await first.stop();
        co_await second.stop();
    });
}

TEST(InstanceProbes, RunByThemselvesWhereThereIsAChoice) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        StubInstance first(runtime);
        StubInstance second(runtime);
        StubInstance alone(runtime);
        http::Client client(runtime);
        Upstreams upstreams({{"user-service", {first.origin(), second.origin()}}, {"event-bus", {alone.origin()}}});
        TaskGroup tasks(runtime.executor());
        InstanceProbes probes(client, upstreams, tasks);

        probes.follow();
        probes.follow();
        const bool asked = co_await testing::eventually([&] { return first.asked > 1 && second.asked > 1; });

        EXPECT_TRUE(asked);
        EXPECT_EQ(tasks.size(), 2U) << "once each";
        EXPECT_EQ(alone.asked, 0);
        co_await tasks.stop(1s);
        co_await first.stop();
        co_await second.stop();
        co_await alone.stop();
    });
}

}  // namespace
}  // namespace darkroom::gateway
