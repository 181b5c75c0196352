// How much a user may store, by role.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/core/error.hpp"

#include <cstdint>
#include <optional>

namespace darkroom::images {

/// Bytes; nullopt: no bound.
using Quota = std::optional<std::int64_t>;

class Quotas {
public:
    static constexpr std::string_view defaults = "guest=0,user=1GB,premium=20GB,admin=unlimited";

    /// Any of `defaults`' pairs; what is not named keeps its default. A size is a whole number with B, KB, MB, GB, TB
    /// (thousands) or KiB, MiB, GiB, TiB (1024s) behind it.
    static Result<Quotas> parse(std::string_view text);

    Quota of(auth::Role role) const;

private:
    Quota guest_ = 0;
    Quota user_ = 1'000'000'000;
    Quota premium_ = 20'000'000'000;
    Quota admin_;
};

/// What `used` of `quota` is in whole percent, rounded down; a quota of nothing is always full.
int percent_used(std::int64_t used, std::int64_t quota);

/// From here on a user is warned, once until it is less again.
bool is_nearly_full(std::int64_t used, const Quota& quota);

}  // namespace darkroom::images
