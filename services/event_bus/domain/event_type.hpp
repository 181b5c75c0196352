// Names of event types and patterns over them.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::event_bus {

/// "image.processing.completed": parts of [a-z0-9_] joined by dots, at most 100 characters.
class EventType {
public:
    EventType() = default;
    static Result<EventType> parse(std::string_view text);
    const std::string& text() const { return text_; }

    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 100, .pattern = "^[a-z0-9_]+(\\.[a-z0-9_]+)*$"};

private:
    std::string text_;
};

/// A type, a prefix of whole parts ("image.*" matches image.uploaded and image.processing.started), or "*".
class TypePattern {
public:
    TypePattern() = default;
    static Result<TypePattern> parse(std::string_view text);
    /// "*"
    static TypePattern everything();
    const std::string& text() const { return text_; }
    bool matches(std::string_view type) const;
    /// For SQL: the exact type, or nullopt for a prefix.
    std::optional<std::string> exact() const;
    /// For SQL LIKE with the default escape: "image.%"; an exact type fits itself alone.
    std::string like() const;

    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 100};

private:
    std::string text_;
};

/// "image.*,user.created": patterns of a query string, at most 50.
class TypePatterns {
public:
    static Result<TypePatterns> parse(std::string_view text);
    const std::string& text() const { return text_; }
    const std::vector<TypePattern>& patterns() const { return patterns_; }

    static constexpr json::TextSchema schema{.min_length = 1};

private:
    std::string text_;
    std::vector<TypePattern> patterns_;
};

}  // namespace darkroom::event_bus
