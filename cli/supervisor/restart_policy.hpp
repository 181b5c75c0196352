// When a process that ended is started again. No clock, no I/O.
#pragma once

#include "platform/core/time.hpp"

namespace darkroom::cli {

/// 100 ms, doubling to 10 s; a process that stood for 30 s starts over at 100 ms.
class RestartPolicy {
public:
    static constexpr Milliseconds first = 100ms;
    static constexpr Milliseconds longest = 10s;
    static constexpr Milliseconds stable = 30s;

    /// The pause before the next start, for a process that has just ended after `stood`.
    Milliseconds delay_after(Milliseconds stood) {
        if (stood >= stable) next_ = first;
        const auto delay = next_;
        next_ = std::min(next_ * 2, longest);
        return delay;
    }

private:
    Milliseconds next_ = first;
};

}  // namespace darkroom::cli
