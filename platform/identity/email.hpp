// An e-mail address that mail could be sent to.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::identity {

/// RFC 5321 lengths; the local part is a dot-atom (no quoted strings: nobody has one, many break on them), the domain a host
/// name with at least two labels, or "localhost". Kept as written, compared without regard to case.
class Email {
public:
    static Result<Email> parse(std::string_view text);
    /// For what comes from our own database; not checked.
    static Email trusted(std::string text) { return Email(std::move(text)); }
    static constexpr json::TextSchema schema{.min_length = 3, .max_length = 254, .format = "email"};

    Email() = default;
    const std::string& text() const noexcept { return text_; }
    std::string_view local_part() const;
    bool operator==(const Email&) const = default;

private:
    explicit Email(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::identity
