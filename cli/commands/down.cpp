#include "cli/commands/commands.hpp"
#include "cli/process.hpp"
#include "cli/progress.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>

namespace darkroom::cli {

namespace {

// The supervisor itself kills what does not stop: services after 8 s, Redis after 2 s, PostgreSQL after 10 s.
constexpr Milliseconds patience = 25s;

std::vector<ChildRecord> recorded_children(const Layout& layout) {
    std::ifstream file(layout.children());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto records = json::decode_json<std::vector<ChildRecord>>(text);
    return records ? std::move(*records) : std::vector<ChildRecord>{};
}

}  // namespace

void stop_system(const Layout& layout, const SupervisorStatus& running) {
    const auto pid = static_cast<pid_t>(running.pid);
    const ProcessIdentity supervisor_process{pid, start_time(pid).value_or(0)};
    ask_supervisor(layout, {ControlCommand::stop, last_stage});
    Progress progress;
    progress.step("stopping services, Redis, PostgreSQL");
    const auto deadline = SteadyClock::now() + patience;
    while (!wait_until_gone(supervisor_process, 100ms)) {
        progress.tick();
        if (SteadyClock::now() < deadline) continue;
        ::kill(pid, SIGKILL);  // Its children get their stop signals from the kernel.
        wait_until_gone(supervisor_process, 1s);
        end_leftovers(layout);
    }
}

void end_leftovers(const Layout& layout) {
    Progress progress;
    progress.step("waiting for what the last run left behind");
    // They were told to stop by the kernel when their supervisor died; all but the last seconds are already over.
    const auto deadline = SteadyClock::now() + 10s;
    for (const auto& record : recorded_children(layout)) {
        const ProcessIdentity process{static_cast<pid_t>(record.pid), static_cast<unsigned long long>(record.started)};
        while (!wait_until_gone(process, 100ms)) {
            progress.tick();
            if (SteadyClock::now() < deadline) continue;
            ::kill(-process.pid, SIGKILL);
            if (!wait_until_gone(process, 5s)) {
                throw std::runtime_error(fmt::format("{} (pid {}) of the last run does not die: is it waiting for a disk?",
                                                     record.name, record.pid));
            }
        }
    }
}

int down(const Settings& settings) {
    const Layout layout(settings.home);
    const auto running = supervisor_status(layout);
    if (!running) {
        end_leftovers(layout);
        std::cout << "Darkroom is not running.\n";
        return 0;
    }
    stop_system(layout, *running);
    std::cout << "Darkroom is stopped; data and logs stay in " << settings.home.string() << ".\n";
    return 0;
}

}  // namespace darkroom::cli
