// The process that `up` leaves behind: keeps PostgreSQL, Redis and the services running until it is told to stop.
//
// One thread, one poll(2). It does nothing while nothing happens, and it never waits for a child in line: stopping is a state
// that the loop moves on, so `status` is answered meanwhile.
#pragma once

#include "cli/plan.hpp"
#include "cli/supervisor/child.hpp"
#include "cli/supervisor/control_server.hpp"

#include <vector>

namespace darkroom::cli {

class Supervisor {
public:
    explicit Supervisor(Plan plan);

    /// Serves until told to stop (by the socket, SIGTERM or SIGINT) and everything has stopped. SIGCHLD, SIGTERM and SIGINT
    /// must be blocked.
    void run();

private:
    using Time = SteadyClock::time_point;

    void turn();
    void take_signals(Time now);
    void reap(Time now);
    void start_stages(int last, Time now);
    void advance_stop(Time now);
    void note(std::string_view message);
    std::string answer(std::string_view request);
    void record_children();

    Plan plan_;
    LogFile log_;
    Descriptor signals_;
    ControlServer control_;
    std::vector<Child> children_;
    bool stopping_ = false;
    bool finished_ = false;
};

}  // namespace darkroom::cli
