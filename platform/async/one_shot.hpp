// One value handed from whoever has it to the one coroutine that waits for it. Loop thread only.
#pragma once

#include "platform/async/io.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace darkroom {

/// At most one waiter. `set` before `wait` is fine; a second `set` is ignored. A cancelled wait throws operation_aborted.
/// Copies share the same slot, so that the setter outlives a waiter that was cancelled.
template <class T>
class OneShot {
public:
    explicit OneShot(Executor executor) : state_(std::make_shared<State>(executor)) {}

    void set(T value) const {
        if (state_->value) return;
        state_->value.emplace(std::move(value));
        state_->ready.cancel();
    }

    bool is_set() const { return state_->value.has_value(); }

    awaitable<T> wait() const {
        // The state must outlive this object: the setter may be gone by the time we run.
        const auto state = state_;
        while (!state->value) {
            const auto [error] = co_await state->ready.async_wait(as_result);
            if (state->value) break;
            // Cancelled without a value: the waiter itself was cancelled.
            if (error) throw boost::system::system_error(error);
        }
        co_return std::move(*state->value);
    }

    /// The same, giving up after `limit`: nullopt then.
    awaitable<std::optional<T>> wait_for(std::chrono::milliseconds limit) const {
        const auto state = state_;
        state->ready.expires_after(limit);
        if (!state->value) {
            const auto [error] = co_await state->ready.async_wait(as_result);
            if (error && !state->value) throw boost::system::system_error(error);
        }
        co_return std::move(state->value);
    }

private:
    struct State {
        explicit State(Executor executor) : ready(executor, Timer::time_point::max()) {}
        Timer ready;
        std::optional<T> value;
    };
    std::shared_ptr<State> state_;
};

/// Wakes everyone who waits now; whoever comes later waits for the next `notify`. Loop thread only.
class Notifier {
public:
    explicit Notifier(Executor executor) : executor_(executor) {}
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    void notify() {
        ++count_;
        for (auto* waiter : waiters_) waiter->cancel();
    }

    /// How often `notify` was called. Taken before looking for work and handed to `wait_past`, no wake-up is missed that came
    /// while looking.
    std::uint64_t count() const { return count_; }
    /// Returns once `count()` is past `seen`, at once if it is already, or after `limit`.
    awaitable<> wait_past(std::uint64_t seen, std::chrono::milliseconds limit) {
        if (count_ == seen) co_await wait_for(limit);
    }

    /// Returns at the next `notify` or after `limit`, whichever is first; throws operation_aborted when the waiter is
    /// cancelled.
    awaitable<> wait_for(std::chrono::milliseconds limit) {
        Timer timer(executor_, limit);
        const Registration registration(waiters_, timer);
        co_await timer.async_wait(as_result);
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) throw boost::system::system_error(net::error::operation_aborted);
    }

private:
    /// Keeps the list right also when the waiting coroutine is destroyed while suspended.
    class Registration {
    public:
        Registration(std::vector<Timer*>& waiters, Timer& timer) : waiters_(waiters), timer_(timer) {
            waiters_.push_back(&timer_);
        }
        ~Registration() { std::erase(waiters_, &timer_); }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        std::vector<Timer*>& waiters_;
        Timer& timer_;
    };

    Executor executor_;
    std::vector<Timer*> waiters_;
    std::uint64_t count_ = 0;
};

}  // namespace darkroom
