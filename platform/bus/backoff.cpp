#include "platform/bus/backoff.hpp"

#include <algorithm>
#include <random>

namespace darkroom::bus {

Milliseconds Backoff::next() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto step = next_;
    next_ = std::min(ceiling_, next_ * 2);
    return Milliseconds{std::uniform_int_distribution<std::int64_t>{step.count() / 2, step.count()}(random)};
}

}  // namespace darkroom::bus
