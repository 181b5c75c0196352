#include "platform/identity/avatar_url.hpp"

#include <algorithm>

namespace darkroom::identity {

namespace {

/// RFC 3986 leaves these out of every part of a URL.
bool is_url_character(char c) {
    return c > ' ' && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

bool is_web_url(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        const auto host = text.substr(scheme.size(), text.find_first_of("/?#", scheme.size()) - scheme.size());
        // No user:password@: it would be shown to everybody.
        return !host.empty() && host.find('@') == std::string_view::npos;
    }
    return false;
}

/// "//host" would be another site's.
bool is_own_path(std::string_view text) {
    return text.starts_with('/') && !text.starts_with("//");
}

}  // namespace

Result<AvatarUrl> AvatarUrl::parse(std::string_view text) {
    if (text.size() > schema.max_length) return invalid_field("", "must be at most 2048 characters");
    const bool well_formed = std::ranges::all_of(text, is_url_character) && (is_web_url(text) || is_own_path(text));
    if (!text.empty() && !well_formed) return invalid_field("", "is not an http or https URL");
    return AvatarUrl(std::string(text));
}

}  // namespace darkroom::identity
