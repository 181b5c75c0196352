// Texts that callers give us.
#pragma once

#include "platform/core/error.hpp"
#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::notifications {

/// "must be 1 to N characters", no control characters but line breaks and tabs: PostgreSQL stores no NUL, terminals obey
/// others.
Result<std::string> readable_text(std::string_view text, std::size_t max_characters);

class Title {
public:
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 200};
    static Result<Title> parse(std::string_view text);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

class Message {
public:
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 2000};
    static Result<Message> parse(std::string_view text);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// A filter may name a type that nobody has sent: that is an empty list. What cannot be a type at all is refused.
class TypeFilter {
public:
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 64, .pattern = "^[a-z][a-z0-9_]*$"};
    static Result<TypeFilter> parse(std::string_view text);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// `sort=created_at` or `sort=-created_at`.
class SortOrder {
public:
    static constexpr json::TextSchema schema{.pattern = "^-?created_at$"};
    static Result<SortOrder> parse(std::string_view text);
    bool is_ascending() const { return ascending_; }
    std::string_view text() const { return ascending_ ? "created_at" : "-created_at"; }

private:
    bool ascending_ = false;
};

/// Idempotency-Key: 1..128 visible ASCII characters.
class IdempotencyKey {
public:
    static Result<IdempotencyKey> parse(std::string_view text);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace darkroom::notifications
