// Everything that waits has a deadline.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/error.hpp"
#include "platform/core/time.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom {

namespace detail {

template <class T>
struct DeadlineOutcome {
    std::optional<T> value;
    T take() { return std::move(*value); }
};

template <>
struct DeadlineOutcome<void> {
    void take() {}
};

}  // namespace detail

/// Runs `work`, cancelling it after `limit`. Past the limit it throws Failure{timed_out, "timed_out", "<what> took longer than
/// …"}; `work` has ended by then, so references it holds stay good. Cancelling the caller cancels `work` too.
template <class T>
awaitable<T> with_deadline(Milliseconds limit, std::string_view what, awaitable<T> work) {
    const auto executor = co_await net::this_coro::executor;
    struct State {
        explicit State(Executor ex) : timer(ex) {}
        Timer timer;
        net::cancellation_signal cancel;
        std::exception_ptr error;
        detail::DeadlineOutcome<T> outcome;
        bool finished = false;
        bool expired = false;
    };
    const auto state = std::make_shared<State>(executor);

    const auto on_expiry = [state](boost::system::error_code error) {
        if (error || state->finished) return;
        state->expired = true;
        state->cancel.emit(net::cancellation_type::terminal);
    };
    state->timer.expires_after(limit);
    state->timer.async_wait(on_expiry);

    // The outer coroutine waits on this one; its cancellation is forwarded to the inner one.
    auto done = std::make_shared<Timer>(executor, Timer::time_point::max());
    const auto finish = [state, done](std::exception_ptr error) {
        state->error = error;
        state->finished = true;
        state->timer.cancel();
        done->cancel();
    };
    if constexpr (std::is_void_v<T>) {
        net::co_spawn(executor, std::move(work), net::bind_cancellation_slot(state->cancel.slot(), finish));
    } else {
        const auto store = [state, finish](std::exception_ptr error, T value) {
            if (!error) state->outcome.value.emplace(std::move(value));
            finish(error);
        };
        net::co_spawn(executor, std::move(work), net::bind_cancellation_slot(state->cancel.slot(), store));
    }
    // We must not leave before `work` has: it may hold references into our caller's frame. So a cancellation is forwarded and
    // waited for; afterwards the next co_await of the caller throws, as for any cancelled coroutine.
    co_await net::this_coro::throw_if_cancelled(false);
    while (!state->finished) {
        co_await done->async_wait(as_result);
        if (!state->finished) state->cancel.emit(net::cancellation_type::terminal);
    }
    co_await net::this_coro::throw_if_cancelled(true);
    if (state->expired && state->error) {
        fail({Kind::timed_out, "timed_out", std::string(what) + " took longer than " + std::to_string(limit.count()) + " ms"});
    }
    if (state->error) std::rethrow_exception(state->error);
    co_return state->outcome.take();
}

/// A cancellable pause.
inline awaitable<> pause_for(Milliseconds time) {
    Timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(use_awaitable);
}

}  // namespace darkroom
