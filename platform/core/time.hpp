// Wall-clock time: RFC 3339 in UTC with milliseconds on the outside.
#pragma once

#include "platform/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom {

using namespace std::chrono_literals;

/// UTC, kept to the microsecond as PostgreSQL does.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
/// What every deadline is measured with.
using SteadyClock = std::chrono::steady_clock;

/// "2026-11-22T08:00:00.123Z"
std::string to_rfc3339(Timestamp time);
/// Accepts any RFC 3339 date-time with an offset, with or without fractions; also PostgreSQL's "2026-11-22 08:00:00.1+00".
Result<Timestamp> parse_rfc3339(std::string_view text);
/// Whole seconds since 1970-01-01T00:00:00Z, as tokens and signatures have them.
inline std::int64_t unix_seconds(Timestamp time) {
    return std::chrono::floor<Seconds>(time.time_since_epoch()).count();
}
/// "Sun, 22 Nov 2026 08:00:00 GMT" (RFC 9110 §5.6.7)
std::string to_http_date(Timestamp time);

/// Where the time comes from; tests put a FakeClock in its place.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const;
};

Timestamp now();

}  // namespace darkroom
