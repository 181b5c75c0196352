// The name a person signs in with and is shown by.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::identity {

/// 3..32 of [A-Za-z0-9_.-], so never to be taken for an e-mail address. Kept as written, compared without regard to case.
class Username {
public:
    static Result<Username> parse(std::string_view text);
    /// For what comes from our own database; not checked.
    static Username trusted(std::string text) { return Username(std::move(text)); }
    /// The nearest well-formed name to any text, for accounts that are made without one.
    static Username derived_from(std::string_view text);
    static constexpr json::TextSchema schema{.min_length = 3, .max_length = 32, .pattern = "^[A-Za-z0-9_.-]+$"};

    Username() = default;
    const std::string& text() const noexcept { return text_; }
    bool operator==(const Username&) const = default;

private:
    explicit Username(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::identity
