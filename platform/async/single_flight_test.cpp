#include "platform/async/single_flight.hpp"

#include "platform/async/deadline.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

/// A fetch that brings how many there have been, as soon as it may.
struct Source {
    explicit Source(Executor executor) : open(executor) {}
    awaitable<int> fetch() {
        const int number = ++begun;
        if (held) co_await open.wait_for(10s);
        if (failing) fail({Kind::unavailable, "away", "nobody is there"});
        co_return number;
    }
    Notifier open;
    bool held = true;
    bool failing = false;
    int begun = 0;
};

struct Outcomes {
    std::vector<int> values;
    std::vector<std::string> codes;
};

awaitable<> want(SingleFlight<int>& flight, Source& source, std::string key, Outcomes& outcomes) {
    const auto begin = [&source] { return source.fetch(); };
    try {
        const int value = co_await flight.join(std::move(key), begin);
        outcomes.values.push_back(value);
    } catch (const Failure& failure) {
        outcomes.codes.push_back(std::string(failure.error().code));
    }
}

/// Lets everything run that can without time passing.
awaitable<> settle() {
    for (int i = 0; i < 20; ++i) co_await net::post(co_await net::this_coro::executor, use_awaitable);
}

awaitable<> share(Runtime& runtime, Outcomes& outcomes, Source& source) {
    SingleFlight<int> flight(runtime, "fetch");
    TaskGroup waiters(runtime.executor());
    for (int i = 0; i < 3; ++i) waiters.spawn("waiter", want(flight, source, "a", outcomes));
    waiters.spawn("another", want(flight, source, "b", outcomes));
    co_await settle();
    EXPECT_EQ(flight.size(), 2U);
    source.open.notify();
    const bool all = co_await waiters.drain(5s);
    EXPECT_TRUE(all);
    EXPECT_EQ(flight.size(), 0U);
    source.held = false;
    co_await want(flight, source, "a", outcomes);
}

TEST(SingleFlight, IsSharedByAllWhoWaitForTheSameAndForgottenThen) {
    Runtime runtime;
    Source source(runtime.executor());
    Outcomes outcomes;

    runtime.run(share(runtime, outcomes, source));

    std::ranges::sort(outcomes.values);
    EXPECT_EQ(outcomes.values, (std::vector{1, 1, 1, 2, 3}));
}

TEST(SingleFlight, FailsForEverybody) {
    Runtime runtime;
    Source source(runtime.executor());
    source.failing = true;
    Outcomes outcomes;

    runtime.run(share(runtime, outcomes, source));

    EXPECT_EQ(outcomes.codes, std::vector<std::string>(5, "away"));
    EXPECT_EQ(source.begun, 3);
}

awaitable<> leave_first(Runtime& runtime, Outcomes& outcomes, Source& source) {
    SingleFlight<int> flight(runtime, "fetch");
    TaskGroup first(runtime.executor());
    TaskGroup second(runtime.executor());
    Outcomes none;
    first.spawn("first", want(flight, source, "a", none));
    second.spawn("second", want(flight, source, "a", outcomes));
    co_await settle();
    co_await first.stop(5s);
    source.open.notify();
    const bool ended = co_await second.drain(5s);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(none.values.empty());
}

TEST(SingleFlight, GoesOnWhenWhoBeganItLeaves) {
    Runtime runtime;
    Source source(runtime.executor());
    Outcomes outcomes;

    runtime.run(leave_first(runtime, outcomes, source));

    EXPECT_EQ(outcomes.values, std::vector{1});
    EXPECT_EQ(source.begun, 1);
}

}  // namespace
}  // namespace darkroom
