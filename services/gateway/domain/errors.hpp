// Every refusal that the gateway makes by itself. Codes are public contract.
#pragma once

#include "platform/core/error.hpp"

#include <fmt/format.h>

namespace darkroom::gateway {

inline Error path_not_found(std::string_view path) {
    return {Kind::not_found, "not_found", fmt::format("no such path: {}", path)};
}
inline Error tls_required() {
    return {Kind::forbidden, "tls_required", "this port speaks TLS: use https, or wss for WebSockets"};
}
inline Error rate_limited(int limit, std::chrono::seconds retry_after) {
    return {Kind::rate_limited, "rate_limited", fmt::format("more than {} requests a minute", limit), {}, retry_after};
}
inline Error body_too_large(std::uint64_t limit) {
    return {Kind::too_large, "body_too_large", fmt::format("the body is larger than {} bytes", limit)};
}
inline Error encoded_body() {
    return {Kind::unsupported_media, "encoded_body", "this path takes bodies without Content-Encoding only"};
}
inline Error unchangeable_answer(std::string_view service) {
    return {Kind::upstream_failed, "upstream_failed",
            fmt::format("{} gave an answer that cannot be changed as configured", service)};
}
inline Error upstream_unavailable(std::string_view service) {
    return {
        Kind::unavailable, "upstream_unavailable", fmt::format("{} cannot be reached", service), {}, std::chrono::seconds{1}};
}
inline Error upstream_failed(std::string_view service) {
    return {Kind::upstream_failed, "upstream_failed", fmt::format("{} broke off before it answered", service)};
}
inline Error upstream_timeout(std::string_view service) {
    return {Kind::timed_out, "upstream_timeout", fmt::format("{} did not answer in time", service)};
}

}  // namespace darkroom::gateway
