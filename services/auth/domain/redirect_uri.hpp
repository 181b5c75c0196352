// Where an application gets its code: registered once, compared exactly (RFC 9700 §4.1.3).
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::accounts {

/// https anywhere; http on this very machine only (127.0.0.1, [::1], localhost); a private scheme with a dot in its name
/// (RFC 8252 §7.1). No fragment, no user information, at most 2,000 bytes of printable ASCII.
class RedirectUri {
public:
    static Result<RedirectUri> parse(std::string_view text);
    static constexpr json::TextSchema schema{.max_length = 2000, .format = "uri"};

    RedirectUri() = default;
    const std::string& text() const noexcept { return text_; }

private:
    explicit RedirectUri(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Byte for byte, but any port of 127.0.0.1 and [::1] (RFC 8252 §7.3).
bool is_same_redirect(std::string_view registered, std::string_view presented);

/// What a Content-Security-Policy must name for a form to end there: "https://app.example.org", "org.example.app:".
std::string form_target_of(std::string_view redirect_uri);

/// `uri` with further query parameters, percent-encoded.
std::string with_parameters(std::string_view uri, const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace darkroom::accounts
