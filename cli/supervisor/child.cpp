#include "cli/supervisor/child.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::cli {

namespace {

std::string reason(int status) {
    if (WIFEXITED(status)) return fmt::format("exited with code {}", WEXITSTATUS(status));
    return fmt::format("was killed by signal {}", WTERMSIG(status));
}

}  // namespace

void Child::start(Time now) {
    started_ = now;
    due_ = Time::max();
    last_line_is_error_ = false;
    int pipe[2];
    try {
        if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
        output_ = Descriptor(pipe[0]);
        const Descriptor writer(pipe[1]);
        ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
        // The stop signal, not SIGKILL: when we are killed, PostgreSQL and the services still end in good order.
        const Program program{.arguments = plan_.arguments,
                              .environment = plan_.environment,
                              .directory = plan_.directory,
                              .uid = static_cast<uid_t>(plan_.uid),
                              .gid = static_cast<gid_t>(plan_.gid),
                              .death_signal = plan_.stop_signal};
        const auto pid = cli::start(program, -1, writer.get(), writer.get());
        identity_ = {pid, start_time(pid).value_or(0)};
        state_ = ChildState::running;
        note(fmt::format("started with pid {}", pid));
    } catch (const std::exception& error) {  // tidy: allow-catch the supervisor outlives what it cannot start
        accept_line(error.what());
        ended(127 << 8, now);
    }
}

void Child::read_output() {
    char buffer[16 * 1024];
    for (;;) {
        const auto count = ::read(output_.get(), buffer, sizeof buffer);
        if (count < 0) return;  // Nothing more for now.
        if (count == 0) {
            output_.reset();
            return;
        }
        splitter_.feed({buffer, static_cast<std::size_t>(count)}, [this](std::string_view line) { accept_line(line); });
    }
}

void Child::ended(int status, Time now) {
    if (output_.open()) read_output();
    // What it left behind in its session (a worker, say) must not go on without it.
    if (identity_.pid > 0) ::kill(-identity_.pid, SIGKILL);
    identity_ = {};
    due_ = Time::max();
    if (state_ == ChildState::stopping) {
        note("stopped");
        state_ = ChildState::stopped;
        return;
    }
    const auto delay = policy_.delay_after(std::chrono::duration_cast<Milliseconds>(now - started_));
    note(fmt::format("{}; starting it again in {} ms", reason(status), delay.count()));
    state_ = ChildState::waiting;
    due_ = now + delay;
}

void Child::stop(Time now) {
    if (state_ == ChildState::waiting) {
        state_ = ChildState::stopped;
        due_ = Time::max();
    }
    if (state_ != ChildState::running) return;
    state_ = ChildState::stopping;
    due_ = now + Milliseconds{plan_.stop_milliseconds};
    ::kill(identity_.pid, plan_.stop_signal);
}

void Child::on_due(Time now) {
    if (state_ == ChildState::waiting) {
        ++restarts_;
        start(now);
    } else if (state_ == ChildState::stopping) {
        note(fmt::format("did not stop within {} ms: killed", plan_.stop_milliseconds));
        due_ = Time::max();
        ::kill(-identity_.pid, SIGKILL);
    }
}

ChildStatus Child::status(Time now) const {
    const bool runs = identity_.pid > 0;
    return {.name = plan_.name,
            .state = state_,
            .pid = identity_.pid,
            .port = plan_.port,
            .restarts = restarts_,
            .uptime_milliseconds = runs ? std::chrono::duration_cast<Milliseconds>(now - started_).count() : 0,
            .last_line = last_line_};
}

void Child::note(std::string_view message) {
    log_.write(as_json_line("supervisor", fmt::format("{} {}", plan_.name, message)));
}

void Child::accept_line(std::string_view line) {
    const auto text = as_json_line(plan_.name, line);
    // What went wrong explains an end better than the farewell behind it.
    const bool wrong = text.find(R"("level":"error")") != std::string::npos;
    if (wrong || !last_line_is_error_) last_line_ = std::string(line.substr(0, 1000));
    last_line_is_error_ = last_line_is_error_ || wrong;
    log_.write(text);
}

}  // namespace darkroom::cli
