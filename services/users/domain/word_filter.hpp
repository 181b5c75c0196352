// ?role= and ?status=: a word. One that nobody has is an empty list; what can be no role or status at all is refused.
#pragma once

#include "platform/json/described.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace darkroom::users {

class WordFilter {
public:
    static Result<WordFilter> parse(std::string_view text) {
        const bool plain = std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
        if (text.empty() || text.size() > 32 || !plain) return invalid_field("", "must be a word of a-z and _");
        return WordFilter(std::string(text));
    }
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 32, .pattern = "^[a-z_]+$"};

    const std::string& text() const noexcept { return text_; }

private:
    explicit WordFilter(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::users
