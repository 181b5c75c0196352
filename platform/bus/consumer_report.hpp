// What a consumer tells the bus of itself, and what the bus tells it to do.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/json/described.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::bus {

/// An event that the consumer has given up.
struct DeadLetter {
    /// In the consumer's own table.
    std::string id{};
    std::string event_id{};
    std::string event_type{};
    std::int64_t position = 0;
    std::optional<std::string> user_id{};
    std::string error{};
    std::int64_t attempts = 0;
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(DeadLetter, (), (id, event_id, event_type, position, user_id, error, attempts, created_at))

/// The event that holds the consumer up right now.
struct HeldEvent {
    std::int64_t position = 0;
    std::int64_t attempts = 0;
    /// Empty for a pause.
    std::string error{};
};
BOOST_DESCRIBE_STRUCT(HeldEvent, (), (position, attempts, error))

struct ConsumerReport {
    std::int64_t position = 0;
    /// It acts on these; all others it passes over.
    std::vector<std::string> event_types{};
    std::optional<HeldEvent> held{};
    bool paused = false;
    /// All that there are, the oldest first, up to a bound.
    std::vector<DeadLetter> dead_letters{};
};
BOOST_DESCRIBE_STRUCT(ConsumerReport, (), (position, event_types, held, paused, dead_letters))

enum class RouteAction { deliver, exclude, pause };
BOOST_DESCRIBE_ENUM(RouteAction, deliver, exclude, pause)

struct RouteRule {
    /// A type, "image.*" or "*".
    std::string pattern{};
    RouteAction action{};
};
BOOST_DESCRIBE_STRUCT(RouteRule, (), (pattern, action))
inline bool operator==(const RouteRule& left, const RouteRule& right) {
    return left.pattern == right.pattern && left.action == right.action;
}

struct ReportAnswer {
    std::vector<RouteRule> rules{};
    /// Dead letters to try again.
    std::vector<std::string> replay{};
};
BOOST_DESCRIBE_STRUCT(ReportAnswer, (), (rules, replay))

/// Of the rules that fit, the one with the longest pattern; deliver where none fits.
RouteAction action_for(const std::vector<RouteRule>& rules, std::string_view type);

/// Sends the report of the consumer of that name. Throws Failure while the bus is away.
using Reporter = std::function<awaitable<ReportAnswer>(std::string consumer, ConsumerReport report)>;

}  // namespace darkroom::bus
