// One event loop with what belongs to it. Lives on one thread from `run` on.
#pragma once

#include "platform/async/cpu_pool.hpp"
#include "platform/async/io.hpp"
#include "platform/async/mailbox.hpp"
#include "platform/async/task_group.hpp"

namespace darkroom {

struct RuntimeOptions {
    std::size_t cpu_threads = 2;
    std::size_t cpu_queue = 256;
};

class Runtime {
public:
    explicit Runtime(RuntimeOptions options = {});
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    net::io_context& loop() { return loop_; }
    Executor executor() { return loop_.get_executor(); }
    Mailbox& mailbox() { return mailbox_; }
    CpuPool& cpu() { return cpu_; }
    /// Tasks that run as long as the service does.
    TaskGroup& tasks() { return tasks_; }

    /// Runs `main` to its end, then stops the tasks and returns. Rethrows what `main` threw.
    void run(awaitable<> main);

private:
    net::io_context loop_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    Mailbox mailbox_;
    CpuPool cpu_;
    TaskGroup tasks_;
};

/// Completes with the signal's number when SIGTERM or SIGINT arrives (signalfd; the signals must be blocked by
/// `block_signals`).
awaitable<int> wait_for_signal();
/// Blocks SIGTERM and SIGINT and ignores SIGPIPE; call in main before any thread starts.
void block_signals();

}  // namespace darkroom
