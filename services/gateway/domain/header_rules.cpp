#include "services/gateway/domain/header_rules.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace darkroom::gateway {

namespace {

using Names = std::span<const std::string_view>;

/// Keep-Alive and Proxy-Connection stand in no current RFC and are sent all the same.
constexpr std::array<std::string_view, 9> hop_by_hop{"Connection",          "Keep-Alive", "Proxy-Connection",
                                                     "Proxy-Authorization", "TE",         "Trailer",
                                                     "Transfer-Encoding",   "Upgrade",    "Proxy-Authenticate"};

/// Replaced by ours or by nothing. Upstreams believe tokens only; these go so that nobody ever comes to believe them.
constexpr std::array<std::string_view, 9> never_from_clients{"Host",      "Expect",         "Content-Length",
                                                             "X-Real-IP", "X-Original-URL", "X-Rewrite-URL",
                                                             "Forwarded", "traceparent",    "X-Correlation-ID"};
constexpr std::array<std::string_view, 2> prefixes_never_from_clients{"X-User-", "X-Forwarded-"};

constexpr std::array<std::string_view, 5> never_from_upstreams{"Content-Length", "X-Correlation-ID", "RateLimit-Limit",
                                                               "RateLimit-Remaining", "RateLimit-Reset"};
constexpr std::array<std::string_view, 1> prefixes_never_from_upstreams{"Access-Control-"};

bool is_one_of(std::string_view name, Names names) {
    return std::ranges::any_of(names, [name](std::string_view other) { return http::equal_ignoring_case(name, other); });
}

bool begins_with_one_of(std::string_view name, Names prefixes) {
    const auto begins = [name](std::string_view prefix) {
        return http::equal_ignoring_case(name.substr(0, prefix.size()), prefix);
    };
    return std::ranges::any_of(prefixes, begins);
}

/// Every name listed in any Connection header.
std::vector<std::string_view> connection_options(const http::Headers& headers) {
    std::vector<std::string_view> names;
    for (const auto& header : headers) {
        if (!http::equal_ignoring_case(header.name, "Connection")) continue;
        std::string_view list = header.value;
        while (!list.empty()) {
            const auto comma = std::min(list.find(','), list.size());
            auto name = list.substr(0, comma);
            list.remove_prefix(std::min(comma + 1, list.size()));
            const auto begin = std::min(name.find_first_not_of(" \t"), name.size());
            name.remove_prefix(begin);
            name = name.substr(0, name.find_last_not_of(" \t") + 1);
            if (!name.empty()) names.push_back(name);
        }
    }
    return names;
}

http::Headers end_to_end(const http::Headers& headers, Names dropped, Names dropped_prefixes) {
    const auto options = connection_options(headers);
    http::Headers kept;
    for (const auto& header : headers) {
        const bool drop = is_one_of(header.name, hop_by_hop) || is_one_of(header.name, dropped) ||
                          begins_with_one_of(header.name, dropped_prefixes) || is_one_of(header.name, options);
        if (!drop) kept.add(header.name, header.value);
    }
    return kept;
}

void add_forwarded(http::Headers& headers, const http::RequestHead& request, const Forwarded& forwarded) {
    const auto told = [&](std::string_view name) {
        return forwarded.peer_trusted ? std::string(request.headers.get(name)) : std::string{};
    };
    auto hops = told("X-Forwarded-For");
    headers.add("X-Forwarded-For", hops.empty() ? forwarded.peer : hops + ", " + forwarded.peer);
    const auto proto = told("X-Forwarded-Proto");
    const bool encrypted = proto.empty() ? forwarded.encrypted : proto == "https";
    headers.add("X-Forwarded-Proto", encrypted ? "https" : "http");
    auto host = told("X-Forwarded-Host");
    if (host.empty()) host = std::string(request.headers.get("Host"));
    if (!host.empty()) headers.add("X-Forwarded-Host", std::move(host));
    headers.add("X-Correlation-ID", forwarded.correlation_id);
    headers.add("traceparent", forwarded.traceparent);
}

}  // namespace

http::RequestHead upstream_head(const http::RequestHead& request, const Forwarded& forwarded) {
    http::RequestHead head;
    head.method = request.method;
    head.target = request.target;
    head.headers = end_to_end(request.headers, never_from_clients, prefixes_never_from_clients);
    add_forwarded(head.headers, request, forwarded);
    return head;
}

http::RequestHead upstream_handshake(const http::RequestHead& request, const Forwarded& forwarded) {
    auto head = upstream_head(request, forwarded);
    head.headers.add("Connection", "Upgrade");
    head.headers.add("Upgrade", "websocket");
    head.upgrade = true;
    return head;
}

http::ResponseHead client_head(const http::ResponseHead& response) {
    http::ResponseHead head;
    head.status = response.status;
    head.headers = end_to_end(response.headers, never_from_upstreams, prefixes_never_from_upstreams);
    return head;
}

}  // namespace darkroom::gateway
