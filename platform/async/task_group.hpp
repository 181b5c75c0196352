// Background coroutines with an owner: nothing is spawned detached.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/time.hpp"

#include <list>
#include <memory>
#include <string>

namespace darkroom {

/// Owns the coroutines spawned through it. Their exceptions are logged with the task's name, except a cancellation.
/// Loop thread only. Destroying a group cancels its tasks but cannot wait for them: call `stop` first.
class TaskGroup {
public:
    explicit TaskGroup(Executor executor);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    void spawn(std::string name, awaitable<> task);
    std::size_t size() const;
    /// Asks every task to end, without waiting.
    void cancel();
    /// Waits until all tasks ended by themselves; true if they did within `limit`.
    awaitable<bool> drain(Milliseconds limit);
    /// Cancels, then waits up to `limit`; true if all ended.
    awaitable<bool> stop(Milliseconds limit);

private:
    struct Task {
        std::string name;
        net::cancellation_signal cancel;
    };
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace darkroom
