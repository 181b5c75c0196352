// One supervised process: started, watched, restarted with backoff, stopped.
#pragma once

#include "cli/plan.hpp"
#include "cli/process.hpp"
#include "cli/supervisor/log_file.hpp"
#include "cli/supervisor/log_lines.hpp"
#include "cli/supervisor/restart_policy.hpp"

namespace darkroom::cli {

class Child {
public:
    using Time = SteadyClock::time_point;

    explicit Child(PlannedProcess plan) : plan_(std::move(plan)), log_(plan_.log_file) {}

    const PlannedProcess& plan() const { return plan_; }
    ChildState state() const { return state_; }
    pid_t pid() const { return identity_.pid; }
    const ProcessIdentity& identity() const { return identity_; }
    /// -1 while there is nothing to read.
    int output() const { return output_.get(); }

    /// From `stopped` or `waiting`. A program that cannot be run counts as one that ended at once.
    void start(Time now);
    /// Reads what it wrote; call when `output()` is readable.
    void read_output();
    /// It has been reaped. Unless it was asked to stop, it will be started again at `due()`.
    void ended(int status, Time now);
    /// Asks it to stop; past the plan's limit `due()` comes and `on_due` kills it.
    void stop(Time now);
    /// When `on_due` must be called; never for a process that just runs.
    Time due() const { return due_; }
    void on_due(Time now);

    ChildStatus status(Time now) const;

private:
    void note(std::string_view message);
    void accept_line(std::string_view line);

    PlannedProcess plan_;
    ChildState state_ = ChildState::stopped;
    ProcessIdentity identity_;
    Time started_{};
    Time due_ = Time::max();
    std::int64_t restarts_ = 0;
    RestartPolicy policy_;
    Descriptor output_;
    LineSplitter splitter_;
    LogFile log_;
    std::string last_line_;
    bool last_line_is_error_ = false;
};

}  // namespace darkroom::cli
