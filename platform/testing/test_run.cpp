#include "platform/testing/test_run.hpp"

#include <stdexcept>
#include <string>

namespace darkroom::testing {

void require(bool condition, std::string_view what, std::source_location where) {
    if (condition) return;
    throw std::runtime_error(std::string(where.file_name()) + ':' + std::to_string(where.line()) +
                             ": required: " + std::string(what));
}

awaitable<bool> eventually(std::function<bool()> holds, Milliseconds limit) {
    const auto until = SteadyClock::now() + limit;
    while (!holds()) {
        if (SteadyClock::now() > until) co_return false;
        co_await pause_for(5ms);
    }
    co_return true;
}

awaitable<bool> eventually_async(std::function<awaitable<bool>()> holds, Milliseconds limit) {
    const auto until = SteadyClock::now() + limit;
    while (true) {
        const bool now_it_does = co_await holds();
        if (now_it_does) co_return true;
        if (SteadyClock::now() > until) co_return false;
        co_await pause_for(10ms);
    }
}

}  // namespace darkroom::testing
