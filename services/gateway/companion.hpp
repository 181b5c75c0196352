// A coroutine that runs beside its owner: a body on its way up while the answer already comes down.
#pragma once

#include "platform/async/io.hpp"

#include <exception>
#include <memory>

namespace darkroom::gateway {

/// Loop thread only. The work may hold references into the owner's frame, so the owner must `end()` it before it leaves that
/// frame by any path. Copies share the same work.
class Companion {
public:
    Companion(Executor executor, awaitable<> work);

    bool finished() const;
    /// What the work threw, or null.
    std::exception_ptr error() const;
    /// Asks it to end, without waiting.
    void cancel() const;
    /// Until the work is done. Throws operation_aborted when the waiter is cancelled; never what the work threw.
    awaitable<> wait() const;
    /// Cancels and waits. A caller that may itself have been cancelled must switch off throw_if_cancelled before: else the
    /// co_await throws at once and the work goes on in a frame that is gone.
    awaitable<> end() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace darkroom::gateway
