// Patterns over the names of event types: one meaning for rules, streams and webhooks.
#pragma once

#include <string_view>

namespace darkroom::bus {

/// "*" fits every type, "image.*" those that begin with whole parts (image.uploaded, not images.uploaded nor image itself), and
/// anything else its equal.
constexpr bool pattern_fits(std::string_view pattern, std::string_view type) {
    if (pattern == "*") return true;
    if (!pattern.ends_with(".*")) return type == pattern;
    return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace darkroom::bus
