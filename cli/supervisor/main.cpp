// darkroom-supervisor: started by `darkroom up` with the plan on standard input. A program of its own, so that what stays in
// memory for months carries neither OpenSSL nor libpq.
#include "cli/supervisor/supervisor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>

namespace darkroom::cli {
namespace {

Plan read_plan() {
    const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
    auto plan = json::decode_json<Plan>(text);
    if (!plan) throw std::runtime_error("this program is started by `darkroom up`: " + plan.error().detail);
    return std::move(*plan);
}

void block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
}

int supervise() {
    auto plan = read_plan();
    // Held as long as we live, also through kill -9: whoever gets it knows that there is no supervisor.
    const Descriptor lock(::open(plan.lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("another supervisor is running");
    block_signals();
    std::ofstream(plan.pid_file, std::ios::trunc) << ::getpid() << '\n';
    const auto pid_file = plan.pid_file;
    Supervisor supervisor(std::move(plan));
    supervisor.run();
    ::unlink(pid_file.c_str());
    return 0;
}

}  // namespace
}  // namespace darkroom::cli

int main() {
    try {
        return darkroom::cli::supervise();
    } catch (const std::exception& error) {
        std::cerr << "darkroom-supervisor: " << error.what() << '\n';
        return 1;
    }
}
