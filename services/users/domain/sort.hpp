// ?sort=created_at or -created_at.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::users {

/// One of the columns that a list may be sorted by; '-' in front of it: falling.
class Sort {
public:
    static Result<Sort> parse(std::string_view text);
    static constexpr json::TextSchema schema{.pattern =
                                                 "^-?(created_at|updated_at|last_login|username|email|full_name|role|status)$"};

    /// Newest first.
    Sort() = default;
    const std::string& text() const noexcept { return text_; }
    std::string_view column() const { return falls() ? std::string_view(text_).substr(1) : std::string_view(text_); }
    bool falls() const { return text_.starts_with('-'); }

private:
    explicit Sort(std::string text) : text_(std::move(text)) {}
    std::string text_ = "-created_at";
};

}  // namespace darkroom::users
