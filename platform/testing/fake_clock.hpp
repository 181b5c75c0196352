// Time that moves only when told.
#pragma once

#include "platform/core/time.hpp"

namespace darkroom::testing {

class FakeClock : public Clock {
public:
    explicit FakeClock(Timestamp start = at("2026-03-01T10:00:00Z")) : now_(start) {}
    Timestamp now() const override { return now_; }
    void advance(std::chrono::microseconds by) { now_ += by; }
    void set(Timestamp time) { now_ = time; }

    static Timestamp at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }

private:
    Timestamp now_;
};

}  // namespace darkroom::testing
