#include "platform/http/file_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace darkroom::http {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Weak comparison (RFC 9110 §8.8.3.2): W/ does not matter.
std::string_view opaque_tag(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

bool lists(std::string_view header, std::string_view etag) {
    if (trim(header) == "*") return true;
    while (!header.empty()) {
        const auto piece = header.substr(0, header.find(','));
        header.remove_prefix(std::min(header.size(), piece.size() + 1));
        if (opaque_tag(trim(piece)) == opaque_tag(etag)) return true;
    }
    return false;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return value;
}

enum class RangeKind { none, satisfiable, unsatisfiable };

struct Range {
    RangeKind kind = RangeKind::none;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
};

/// An ill-formed Range is ignored, as RFC 9110 §14.2 demands.
Range parse_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!equal_ignoring_case(header.substr(0, unit.size()), unit)) return {};
    const auto spec = trim(header.substr(unit.size()));
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
    const auto first_text = spec.substr(0, dash);
    const auto last_text = spec.substr(dash + 1);
    const auto last = number(last_text);
    if (first_text.empty()) {
        if (!last) return {};
        if (*last == 0 || size == 0) return {RangeKind::unsatisfiable};
        const auto count = std::min(*last, size);
        return {RangeKind::satisfiable, size - count, count};
    }
    const auto first = number(first_text);
    if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return {};
    if (*first >= size) return {RangeKind::unsatisfiable};
    const auto end = last ? std::min(*last, size - 1) + 1 : size;
    return {RangeKind::satisfiable, *first, end - *first};
}

/// If-Range needs a strong match: a weak tag or another date means "the whole file, please".
bool range_applies(const RequestHead& request, const Headers& headers) {
    const auto condition = request.headers.get("If-Range");
    if (condition.empty()) return true;
    if (condition.starts_with("W/")) return false;
    return condition == (condition.starts_with('"') ? headers.get("ETag") : headers.get("Last-Modified"));
}

}  // namespace

FilePlan plan_file(const RequestHead& request, Headers& headers, std::uint64_t size) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const auto known = request.headers.get("If-None-Match");
    headers.set("Accept-Ranges", "bytes");
    const auto etag = headers.get("ETag");
    if (reads && !known.empty() && !etag.empty() && lists(known, etag)) return {304, 0, 0};
    const auto wanted = request.headers.get("Range");
    if (request.method != "GET" || wanted.empty() || !range_applies(request, headers)) return {200, 0, size};
    const auto range = parse_range(wanted, size);
    switch (range.kind) {
        case RangeKind::none: return {200, 0, size};
        case RangeKind::unsatisfiable: headers.set("Content-Range", fmt::format("bytes */{}", size)); return {416, 0, 0};
        case RangeKind::satisfiable: break;
    }
    headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.count - 1, size));
    return {206, range.offset, range.count};
}

}  // namespace darkroom::http
