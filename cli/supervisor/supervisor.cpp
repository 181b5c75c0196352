#include "cli/supervisor/supervisor.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace darkroom::cli {

Supervisor::Supervisor(Plan plan) : plan_(std::move(plan)), log_(plan_.log_file), control_(plan_.control_socket) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&set, signal);
    signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    for (auto& process : plan_.processes) children_.emplace_back(std::move(process));
    plan_.processes.clear();
}

void Supervisor::run() {
    note(fmt::format("supervisor started, version {}", plan_.facts.version));
    // The servers need no word from `up`; the services do, because the schemas are migrated in between.
    start_stages(static_cast<int>(Stage::cache), SteadyClock::now());
    while (!finished_) turn();
    std::ofstream(plan_.children_file, std::ios::trunc) << "[]\n";
    note("supervisor stopped");
}

void Supervisor::turn() {
    auto now = SteadyClock::now();
    auto due = Time::max();
    for (const auto& child : children_) due = std::min(due, child.due());
    std::vector<pollfd> descriptors{{signals_.get(), POLLIN, 0}};
    for (const auto& child : children_) descriptors.push_back({child.output(), POLLIN, 0});
    control_.add_to(descriptors);

    int timeout = control_.busy() ? 1000 : -1;
    if (due != Time::max()) {
        const auto left = std::chrono::ceil<Milliseconds>(due - now).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }
    ::poll(descriptors.data(), descriptors.size(), timeout);

    now = SteadyClock::now();
    for (std::size_t i = 0; i < children_.size(); ++i) {
        if (descriptors[i + 1].revents != 0) children_[i].read_output();
    }
    take_signals(now);
    bool started = false;
    for (auto& child : children_) {
        if (child.due() > now) continue;
        child.on_due(now);
        started = true;
    }
    if (started) record_children();
    control_.serve(descriptors, [this](std::string_view request) { return answer(request); });
    if (stopping_) advance_stop(now);
}

void Supervisor::take_signals(Time now) {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) stopping_ = true;
    }
    reap(now);
}

void Supervisor::reap(Time now) {
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
        const auto child = std::ranges::find(children_, pid, &Child::pid);
        if (child != children_.end()) child->ended(status, now);
    }
}

void Supervisor::start_stages(int last, Time now) {
    if (stopping_) return;
    for (auto& child : children_) {
        // Somebody asks for it now: one that waits for its next attempt need not.
        const bool idle = child.state() == ChildState::stopped || child.state() == ChildState::waiting;
        if (child.plan().stage <= last && idle) child.start(now);
    }
    record_children();
}

void Supervisor::advance_stop(Time now) {
    for (int stage = last_stage; stage >= 0; --stage) {
        bool all_stopped = true;
        for (auto& child : children_) {
            if (child.plan().stage != stage) continue;
            if (child.state() == ChildState::running || child.state() == ChildState::waiting) child.stop(now);
            all_stopped = all_stopped && child.state() == ChildState::stopped;
        }
        // The services first, all at once; what they need stands until the last of them is gone.
        if (!all_stopped) return;
    }
    finished_ = true;
}

std::string Supervisor::answer(std::string_view text) {
    const auto request = json::decode_json<ControlRequest>(text);
    if (!request) return json::serialize(json::Object{{"error", boost::json::string(request.error().detail)}});
    const auto now = SteadyClock::now();
    switch (request->command) {
        case ControlCommand::status: break;
        case ControlCommand::start: start_stages(request->stage, now); break;
        case ControlCommand::stop: stopping_ = true; break;
    }
    SupervisorStatus status{.pid = ::getpid(), .facts = plan_.facts};
    for (const auto& child : children_) status.children.push_back(child.status(now));
    return json::serialize(json::encode(status));
}

void Supervisor::record_children() {
    std::vector<ChildRecord> records;
    for (const auto& child : children_) {
        if (child.pid() <= 0) continue;
        const auto& identity = child.identity();
        records.push_back({child.plan().name, identity.pid, static_cast<std::int64_t>(identity.started)});
    }
    // Replaced as a whole: a reader must never see half of it, also when we are killed meanwhile.
    const auto temporary = plan_.children_file + ".new";
    std::ofstream(temporary, std::ios::trunc) << json::serialize(json::encode(records)) << '\n';
    std::error_code ignored;
    std::filesystem::rename(temporary, plan_.children_file, ignored);
}

void Supervisor::note(std::string_view message) {
    log_.write(as_json_line("supervisor", message));
}

}  // namespace darkroom::cli
