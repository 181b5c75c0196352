// Where a person's picture is.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::identity {

/// An http or https URL, or a path of this system ("/images/…"), at most 2048 characters; other schemes (javascript:, data:)
/// could run in a page that shows it. Empty means none.
class AvatarUrl {
public:
    static Result<AvatarUrl> parse(std::string_view text);
    /// For what comes from our own database; not checked.
    static AvatarUrl trusted(std::string text) { return AvatarUrl(std::move(text)); }
    static constexpr json::TextSchema schema{.max_length = 2048, .format = "uri-reference"};

    AvatarUrl() = default;
    const std::string& text() const noexcept { return text_; }
    bool operator==(const AvatarUrl&) const = default;

private:
    explicit AvatarUrl(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::identity
