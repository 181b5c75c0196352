// quota.warning: what a user stores has passed nine tenths of what the role allows. Once per crossing.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::events {

struct QuotaWarning {
    static constexpr std::string_view type = "quota.warning";

    std::string user_id;
    std::int64_t used_bytes = 0;
    std::int64_t limit_bytes = 0;
    /// Of the limit, rounded down.
    int percent = 0;

    bool operator==(const QuotaWarning&) const = default;
};
BOOST_DESCRIBE_STRUCT(QuotaWarning, (), (user_id, used_bytes, limit_bytes, percent))

}  // namespace darkroom::events
