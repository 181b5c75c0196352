// Threads for work that would hold up the loop: bcrypt, hashing, file system calls, name look-ups.
#pragma once

#include "platform/async/mailbox.hpp"
#include "platform/async/one_shot.hpp"
#include "platform/core/error.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>

namespace darkroom {

/// A fixed number of threads (started at the first use) behind a bounded queue.
class CpuPool {
public:
    CpuPool(Executor executor, Mailbox& mailbox, std::size_t threads, std::size_t queue_limit);
    /// Waits for running work; what is still queued is dropped.
    ~CpuPool();
    CpuPool(const CpuPool&) = delete;
    CpuPool& operator=(const CpuPool&) = delete;

    /// Runs `work()` on a pool thread and returns its result on the loop. Exceptions travel along.
    /// Throws Failure{unavailable, "busy"} when the queue is full. `work` must own what it uses: a cancelled caller does not
    /// stop it.
    template <class F>
    awaitable<std::invoke_result_t<F>> run(F work) {
        using T = std::invoke_result_t<F>;
        using Stored = std::conditional_t<std::is_void_v<T>, bool, T>;
        struct Outcome {
            std::exception_ptr error;
            std::optional<Stored> value;
        };
        const OneShot<std::shared_ptr<Outcome>> done(executor_);
        auto shared_work = std::make_shared<F>(std::move(work));
        std::function<void()> task = [this, done, shared_work]() mutable {
            auto outcome = std::make_shared<Outcome>();
            try {
                if constexpr (std::is_void_v<T>) {
                    (*shared_work)();
                    outcome->value = true;
                } else {
                    outcome->value.emplace((*shared_work)());
                }
            } catch (...) {  // carried to the loop, see below
                outcome->error = std::current_exception();
            }
            mailbox_.post([done = std::move(done), outcome = std::move(outcome)] { done.set(outcome); });
        };
        enqueue(std::move(task));
        const auto outcome = co_await done.wait();
        if (outcome->error) std::rethrow_exception(outcome->error);
        if constexpr (!std::is_void_v<T>) co_return std::move(*outcome->value);
    }

private:
    void enqueue(std::function<void()> task);
    void work_until_stopped();

    Executor executor_;
    Mailbox& mailbox_;
    std::size_t thread_limit_;
    std::size_t queue_limit_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::jthread> threads_;
    bool stopping_ = false;
};

}  // namespace darkroom
