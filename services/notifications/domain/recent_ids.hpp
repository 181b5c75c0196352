// Ids seen lately, so that what arrives by two ways is handed on once.
#pragma once

#include "platform/core/bounded_map.hpp"

#include <string_view>
#include <variant>

namespace darkroom::notifications {

/// Bounded: beyond `limit` the oldest are forgotten.
class RecentIds {
public:
    explicit RecentIds(std::size_t limit) : known_(limit) {}

    /// True the first time.
    bool insert(std::string_view id) { return known_.set(id, {}); }

private:
    BoundedMap<std::monostate> known_;
};

}  // namespace darkroom::notifications
