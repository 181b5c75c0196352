#include "platform/async/deadline.hpp"
#include "platform/async/runtime.hpp"
#include "platform/core/error.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

awaitable<int> never(Executor executor, bool& ended) {
    struct Mark {
        bool& flag;
        ~Mark() { flag = true; }
    } const mark{ended};
    Timer timer(executor, Timer::time_point::max());
    co_await timer.async_wait(use_awaitable);
    co_return 1;
}

awaitable<> expect_timeout(Executor executor, bool& ended) {
    std::string code;
    try {
        co_await with_deadline(5ms, "the answer", never(executor, ended));
    } catch (const Failure& failure) {
        code = failure.error().code;
    }
    EXPECT_EQ(code, "timed_out");
    EXPECT_TRUE(ended) << "the work must have ended before the deadline is reported";
}

TEST(Deadline, CancelsTheWorkAndNamesTheTimeout) {
    Runtime runtime;
    bool ended = false;

    runtime.run(expect_timeout(runtime.executor(), ended));
}

awaitable<int> quick() {
    co_return 42;
}

awaitable<> expect_value() {
    const auto value = co_await with_deadline(10s, "the answer", quick());
    EXPECT_EQ(value, 42);
}

TEST(Deadline, ReturnsTheValueInTime) {
    Runtime runtime;

    runtime.run(expect_value());
}

awaitable<> use_pool(CpuPool& pool) {
    const auto caller = std::this_thread::get_id();
    const auto worker_of = [] { return std::this_thread::get_id(); };
    const auto worker = co_await pool.run(worker_of);
    EXPECT_NE(worker, caller);
    EXPECT_EQ(std::this_thread::get_id(), caller);

    std::string message;
    const auto broken = []() -> int { throw std::runtime_error("broken"); };
    try {
        co_await pool.run(broken);
    } catch (const std::runtime_error& error) {
        message = error.what();
    }
    EXPECT_EQ(message, "broken");
}

TEST(CpuPool, ComesBackToTheLoopWithResultsAndExceptions) {
    Runtime runtime;

    runtime.run(use_pool(runtime.cpu()));
}

awaitable<> overfill(CpuPool& pool) {
    const auto quick_work = [] {};
    std::string code;
    try {
        co_await pool.run(quick_work);
    } catch (const Failure& failure) {
        code = failure.error().code;
    }
    EXPECT_EQ(code, "busy");
}

TEST(CpuPool, RefusesWorkWhenTheQueueIsFull) {
    Runtime runtime({.cpu_threads = 1, .cpu_queue = 0});

    runtime.run(overfill(runtime.cpu()));
}

awaitable<> stop_group(Executor executor, bool& ended) {
    TaskGroup group(executor);
    const auto task = [](Executor ex, bool& flag) -> awaitable<> { co_await never(ex, flag); };
    group.spawn("never", task(executor, ended));
    const bool stopped = co_await group.stop(5s);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, StopCancelsAndWaitsForItsTasks) {
    Runtime runtime;
    bool ended = false;

    runtime.run(stop_group(runtime.executor(), ended));

    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace darkroom
