#include "platform/http/endpoints.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

/// The next entity tag of an If-Match or If-None-Match list; `rest` is moved behind it. Weakness is ignored (weak comparison).
std::optional<std::string_view> next_tag(std::string_view& rest) {
    const auto open = rest.find('"');
    if (open == std::string_view::npos) return std::nullopt;
    const auto close = rest.find('"', open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    const auto tag = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    return tag;
}

bool lists_tag(std::string_view header, std::string_view etag) {
    if (header == "*") return true;
    while (const auto tag = next_tag(header)) {
        if (*tag == etag) return true;
    }
    return false;
}

}  // namespace

std::string etag_of(std::string_view content) {
    // 128 bits of the digest are plenty to tell versions of one document apart.
    return sha256_hex(content).substr(0, 32);
}

void Context::require_match(std::string_view etag) const {
    const auto wanted = request.headers.get("If-Match");
    if (wanted.empty() || lists_tag(wanted, etag)) return;
    fail({Kind::precondition_failed, "precondition_failed", "If-Match: the resource has changed since you read it"});
}

Response envelope(const Context& context, json::Value data, std::string_view message, bool success, bool etag) {
    return raw_envelope(context, json::serialize(data), message, success, etag);
}

Response raw_envelope(const Context& context, std::string_view data, std::string_view message, bool success, bool etag) {
    std::string tag;
    if (etag) {
        tag = etag_of(data);
        const auto known = context.request.headers.get("If-None-Match");
        if (!known.empty() && lists_tag(known, tag)) {
            Response not_modified{.status = 304};
            not_modified.headers.set("ETag", '"' + tag + '"');
            return not_modified;
        }
    }
    std::string document = success ? R"({"success":true,"message":)" : R"({"success":false,"message":)";
    document += json::serialize(json::Value(boost::json::string(message)));
    document += R"(,"data":)";
    document += data;
    document += R"(,"timestamp":")" + to_rfc3339(now());
    document += R"(","correlation_id":")" + context.correlation_id.text() + R"("})";
    auto response = Response::text(200, "application/json", std::move(document));
    if (etag) {
        response.headers.set("ETag", '"' + tag + '"');
        response.headers.set("Cache-Control", "private, no-cache");
    } else {
        response.headers.set("Cache-Control", "no-store");
    }
    return response;
}

}  // namespace darkroom::http
