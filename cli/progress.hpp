// "What takes so long?" On a terminal the present step is shown at once and rewritten in place; elsewhere a step gets a line
// when it has lasted two seconds.
#pragma once

#include "platform/core/time.hpp"

#include <string>
#include <string_view>

namespace darkroom::cli {

class Progress {
public:
    Progress();
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void step(std::string_view what);
    /// Call while waiting.
    void tick();
    /// Ends the present step without a trace on a terminal.
    void clear();
    /// A line that stays.
    void say(std::string_view line);
    Milliseconds elapsed() const;

private:
    bool terminal_;
    bool shown_ = false;
    std::string step_;
    SteadyClock::time_point begin_ = SteadyClock::now();
    SteadyClock::time_point step_begin_ = begin_;
};

}  // namespace darkroom::cli
