#include "platform/bus/consumer_report.hpp"

namespace darkroom::bus {

namespace {

bool matches(std::string_view pattern, std::string_view type) {
    if (pattern == "*" || pattern == type) return true;
    return pattern.ends_with(".*") && type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

RouteAction action_for(const std::vector<RouteRule>& rules, std::string_view type) {
    const RouteRule* best = nullptr;
    for (const auto& rule : rules) {
        if (matches(rule.pattern, type) && (best == nullptr || rule.pattern.size() > best->pattern.size())) best = &rule;
    }
    return best == nullptr ? RouteAction::deliver : best->action;
}

}  // namespace darkroom::bus
