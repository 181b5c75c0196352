// A dead instance is left out and comes back by itself.
#include "services/gateway/instance_probes.hpp"

#include "platform/async/deadline.hpp"
#include "platform/http/server.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

/// An instance that says what it is told to.
class Instance : public http::Handler {
public:
    explicit Instance(Runtime& runtime) : server_(runtime, {}, *this) { server_.listen(); }

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
        Instance first(runtime);
        Instance second(runtime);
        http::Client client(runtime);
        Upstreams upstreams({{"user-service", {first.origin(), second.origin()}}});
        InstanceProbes probes(client, upstreams);
        auto& upstream = upstreams.of("user-service");
        const auto is_up = [&upstream] { return upstream.balancer().is_up(1, SteadyClock::now()); };

        second.status = 503;
        co_await probes.probe(upstream, 1);
        EXPECT_FALSE(is_up()) << "it drains";
        second.status = 200;
        co_await probes.probe(upstream, 1);
        EXPECT_TRUE(is_up());
        second.hangs = true;
        co_await probes.probe(upstream, 1);
        EXPECT_FALSE(is_up()) << "it accepts and never answers";
        for (int i = 0; i < 4; ++i) EXPECT_EQ(upstream.balancer().pick(SteadyClock::now()), 0U);
        second.hangs = false;
        co_await probes.probe(upstream, 1);
        EXPECT_TRUE(is_up());
        co_await first.stop();
        co_await second.stop();
    });
}

TEST(InstanceProbes, RunByThemselvesWhereThereIsAChoice) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Instance first(runtime);
        Instance second(runtime);
        Instance alone(runtime);
        http::Client client(runtime);
        Upstreams upstreams({{"user-service", {first.origin(), second.origin()}}, {"event-bus", {alone.origin()}}});
        InstanceProbes probes(client, upstreams);
        TaskGroup tasks(runtime.executor());

        probes.start(tasks);
        const bool asked = co_await testing::eventually([&] { return first.asked > 1 && second.asked > 1; });

        EXPECT_TRUE(asked);
        EXPECT_EQ(alone.asked, 0);
        co_await tasks.stop(1s);
        co_await first.stop();
        co_await second.stop();
        co_await alone.stop();
    });
}

}  // namespace
}  // namespace darkroom::gateway
