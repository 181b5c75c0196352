#include "platform/bus/consumer_report.hpp"

#include "platform/bus/type_pattern.hpp"

namespace darkroom::bus {

RouteAction action_for(const std::vector<RouteRule>& rules, std::string_view type) {
    const RouteRule* best = nullptr;
    for (const auto& rule : rules) {
        if (!pattern_fits(rule.pattern, type)) continue;
        if (best == nullptr || rule.pattern.size() > best->pattern.size()) best = &rule;
    }
    return best == nullptr ? RouteAction::deliver : best->action;
}

}  // namespace darkroom::bus
