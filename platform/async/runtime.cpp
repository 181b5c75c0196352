#include "platform/async/runtime.hpp"

#include "platform/core/time.hpp"

#include <sys/signalfd.h>

#include <csignal>
#include <system_error>

namespace darkroom {

Runtime::Runtime(RuntimeOptions options)
    : mailbox_(loop_),
      cpu_(loop_.get_executor(), mailbox_, options.cpu_threads, options.cpu_queue),
      tasks_(loop_.get_executor()) {}

namespace {

awaitable<> run_then_stop(awaitable<> main, TaskGroup& tasks, Mailbox& mailbox, std::exception_ptr& failure) {
    try {
        co_await std::move(main);
    } catch (...) {  // handed to the caller of run()
        failure = std::current_exception();
    }
    co_await tasks.stop(5s);
    mailbox.close();
}

}  // namespace

void Runtime::run(awaitable<> main) {
    std::exception_ptr failure;
    const auto finished = [this](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
        loop_.stop();
    };
    net::co_spawn(loop_, run_then_stop(std::move(main), tasks_, mailbox_, failure), finished);
    loop_.run();
    if (failure) std::rethrow_exception(failure);
}

namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

void block_signals() {
    const auto set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

awaitable<int> wait_for_signal() {
    const auto set = stop_signals();
    const int descriptor = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
    StreamDescriptor stream(co_await net::this_coro::executor, descriptor);
    signalfd_siginfo info{};
    co_await stream.async_read_some(net::buffer(&info, sizeof info), use_awaitable);
    co_return static_cast<int>(info.ssi_signo);
}

}  // namespace darkroom
