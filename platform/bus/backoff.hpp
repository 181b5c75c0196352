// Growing pauses between attempts, with jitter so that many do not knock in step.
#pragma once

#include "platform/core/time.hpp"

namespace darkroom::bus {

class Backoff {
public:
    Backoff(Milliseconds first, Milliseconds ceiling) : first_(first), ceiling_(ceiling), next_(first) {}

    /// Between half and all of the current step; the step then doubles up to the ceiling.
    Milliseconds next();
    void reset() { next_ = first_; }

private:
    Milliseconds first_;
    Milliseconds ceiling_;
    Milliseconds next_;
};

}  // namespace darkroom::bus
