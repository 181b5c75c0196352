// What a person wants to be called. Any script.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::identity {

/// At most 200 characters, no control characters; may be empty. Spaces at the ends are dropped.
class FullName {
public:
    static Result<FullName> parse(std::string_view text);
    /// For what comes from our own database; not checked.
    static FullName trusted(std::string text) { return FullName(std::move(text)); }
    static constexpr json::TextSchema schema{.max_length = 200};

    FullName() = default;
    const std::string& text() const noexcept { return text_; }
    bool operator==(const FullName&) const = default;

private:
    explicit FullName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::identity
