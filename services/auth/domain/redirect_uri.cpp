#include "services/auth/domain/redirect_uri.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <optional>

namespace darkroom::accounts {

namespace {

struct Parts {
    std::string_view scheme;
    /// Both empty for a scheme without authority.
    std::string_view host;
    std::string_view port;
    std::string_view rest;
};

bool is_scheme(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::ranges::all_of(text, fits);
}

bool is_host(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && (text == "[::1]" || std::ranges::all_of(text, fits));
}

bool is_port(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

std::optional<Parts> split(std::string_view uri) {
    const auto colon = uri.find(':');
    if (colon == std::string_view::npos || !is_scheme(uri.substr(0, colon))) return std::nullopt;
    Parts parts{uri.substr(0, colon), {}, {}, uri.substr(colon + 1)};
    if (!parts.rest.starts_with("//")) return parts;
    const auto end = std::min(parts.rest.find_first_of("/?#", 2), parts.rest.size());
    auto authority = parts.rest.substr(2, end - 2);
    parts.rest = parts.rest.substr(end);
    const auto host_end = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
    parts.host = authority.substr(0, host_end);
    if (parts.host.size() < authority.size()) {
        if (authority[parts.host.size()] != ':') return std::nullopt;
        parts.port = authority.substr(parts.host.size() + 1);
        if (!is_port(parts.port)) return std::nullopt;
    }
    // Anything else, "user@" say, is no host.
    if (!is_host(parts.host)) return std::nullopt;
    return parts;
}

bool is_loopback_address(std::string_view host) {
    return host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

Result<RedirectUri> RedirectUri::parse(std::string_view text) {
    // Also what must not end up in a header or in a policy: quotes, commas, semicolons.
    const auto fits = [](char c) {
        return c > ' ' && c <= '~' && std::string_view("\"'<>\\^`{|}#,;").find(c) == std::string_view::npos;
    };
    if (text.size() > schema.max_length || !std::ranges::all_of(text, fits)) {
        return invalid_field("", "must be a URI without a fragment, of at most 2,000 plain characters");
    }
    const auto parts = split(text);
    if (!parts) return invalid_field("", "is not an absolute URI with a plain host and port");
    const bool is_local = is_loopback_address(parts->host) || parts->host == "localhost";
    if (parts->scheme == "https" && !parts->host.empty()) return RedirectUri(std::string(text));
    if (parts->scheme == "http" && is_local) return RedirectUri(std::string(text));
    if (parts->scheme.find('.') != std::string_view::npos) return RedirectUri(std::string(text));
    return invalid_field("",
                         "must be https, http on 127.0.0.1, [::1] or localhost, or a private scheme such as org.example.app");
}

bool is_same_redirect(std::string_view registered, std::string_view presented) {
    if (registered == presented) return true;
    const auto known = split(registered);
    const auto given = split(presented);
    if (!known || !given || known->scheme != "http" || given->scheme != "http") return false;
    return is_loopback_address(known->host) && known->host == given->host && known->rest == given->rest;
}

std::string form_target_of(std::string_view redirect_uri) {
    const auto parts = split(redirect_uri);
    if (!parts) return {};
    std::string target(parts->scheme);
    target += ':';
    if (parts->host.empty()) return target;
    target += "//" + std::string(parts->host);
    if (!parts->port.empty()) target += ':' + std::string(parts->port);
    return target;
}

std::string with_parameters(std::string_view uri, const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string result(uri);
    char separator = uri.find('?') == std::string_view::npos ? '?' : '&';
    for (const auto& [name, value] : parameters) {
        result += separator + name + '=' + percent_encode(value);
        separator = '&';
    }
    return result;
}

}  // namespace darkroom::accounts
