#include "cli/progress.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <iostream>

namespace darkroom::cli {

namespace {

constexpr Milliseconds quiet = 2s;

}  // namespace

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::step(std::string_view what) {
    clear();
    step_ = what;
    step_begin_ = SteadyClock::now();
    tick();
}

void Progress::tick() {
    if (step_.empty()) return;
    const auto lasted = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - step_begin_);
    if (terminal_) {
        std::cerr << fmt::format("\r\033[K{} … {:.1f} s", step_, static_cast<double>(lasted.count()) / 1000) << std::flush;
        shown_ = true;
    } else if (!shown_ && lasted >= quiet) {
        std::cerr << step_ << " …\n" << std::flush;
        shown_ = true;
    }
}

void Progress::clear() {
    if (terminal_ && shown_) std::cerr << "\r\033[K" << std::flush;
    step_.clear();
    shown_ = false;
}

void Progress::say(std::string_view line) {
    const auto step = step_;
    clear();
    std::cout << line << std::endl;
    step_ = step;
}

Milliseconds Progress::elapsed() const {
    return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin_);
}

}  // namespace darkroom::cli
