// How many guesses a password gets (NIST SP 800-63B §5.2.2).
#pragma once

#include "platform/core/time.hpp"

#include <optional>

namespace darkroom::accounts {

/// Failures in a row that cost nothing but their own slowness.
inline constexpr std::int64_t free_failures = 10;
/// Failures are forgotten a day after the last one, or with the next success.
inline constexpr Seconds failures_life{24 * 3600};

/// How long nobody can sign in after the `failures`th failure in a row: nothing up to the tenth, which costs a minute; each
/// further one twice as much, at most an hour.
constexpr std::optional<Seconds> lock_after(std::int64_t failures) {
    if (failures < free_failures) return std::nullopt;
    constexpr std::int64_t longest = 3600;
    constexpr std::int64_t doublings = 6;
    const auto doubled = failures - free_failures;
    return Seconds{doubled >= doublings ? longest : 60 << doubled};
}

}  // namespace darkroom::accounts
