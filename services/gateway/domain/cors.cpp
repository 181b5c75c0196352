#include "services/gateway/domain/cors.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::gateway {

namespace {

constexpr auto allowed_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr auto allowed_headers =
    "Authorization, Content-Type, Accept, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Range, X-API-Key, "
    "X-Correlation-ID, traceparent";
constexpr auto exposed_headers =
    "X-Correlation-ID, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, ETag, Location, "
    "Content-Disposition, "
    "Content-Range, Accept-Ranges";
/// Chromium caps it at two hours anyway.
constexpr auto preflight_max_age = "600";

/// scheme://host[:port] in lower case, without a path: what browsers send (RFC 6454 §6.2).
bool is_origin(std::string_view text) {
    const auto scheme = text.starts_with("https://") ? 8U : text.starts_with("http://") ? 7U : 0U;
    if (scheme == 0 || text.size() == scheme) return false;
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view(".-:[]").find(c) != std::string_view::npos;
    };
    return std::ranges::all_of(text.substr(scheme), is_allowed);
}

}  // namespace

Result<CorsPolicy> CorsPolicy::parse(std::string_view list) {
    CorsPolicy policy;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto origin = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        while (origin.starts_with(' ')) origin.remove_prefix(1);
        while (origin.ends_with(' ')) origin.remove_suffix(1);
        if (origin.empty()) continue;
        if (origin == "*") {
            policy.everybody_ = true;
        } else if (is_origin(origin)) {
            policy.origins_.emplace_back(origin);
        } else {
            return invalid_field("", fmt::format("\"{}\" is no origin (scheme://host[:port], lower case)", origin));
        }
    }
    return policy;
}

bool CorsPolicy::allows(std::string_view origin) const {
    return everybody_ || std::ranges::find(origins_, origin) != origins_.end();
}

bool CorsPolicy::is_preflight(const http::RequestHead& request) {
    return request.method == "OPTIONS" && request.headers.has("Origin") && request.headers.has("Access-Control-Request-Method");
}

http::Headers CorsPolicy::preflight_headers(const http::RequestHead& request) const {
    http::Headers headers;
    headers.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    const auto origin = request.headers.get("Origin");
    if (!allows(origin)) return headers;
    headers.add("Access-Control-Allow-Origin", std::string(allow_origin_value(origin)));
    headers.add("Access-Control-Allow-Methods", allowed_methods);
    headers.add("Access-Control-Allow-Headers", allowed_headers);
    headers.add("Access-Control-Max-Age", preflight_max_age);
    return headers;
}

void CorsPolicy::add_to(http::Headers& headers, std::string_view origin) const {
    if (!everybody_ && origins_.empty()) return;
    // Also without an Origin: a cache must not hand this answer to a page of another origin.
    if (!everybody_) headers.add("Vary", "Origin");
    if (origin.empty() || !allows(origin)) return;
    headers.set("Access-Control-Allow-Origin", std::string(allow_origin_value(origin)));
    headers.set("Access-Control-Expose-Headers", exposed_headers);
}

std::string_view CorsPolicy::allow_origin_value(std::string_view origin) const {
    return everybody_ ? "*" : origin;
}

}  // namespace darkroom::gateway
