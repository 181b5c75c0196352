#include "platform/http/trace.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

constexpr std::size_t traceparent_length = 55;  // 00-<32>-<16>-<2>

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

bool is_well_formed(std::string_view text) {
    if (text.size() != traceparent_length || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const auto trace = text.substr(3, 32);
    const auto parent = text.substr(36, 16);
    return text.starts_with("00") && is_lower_hex(trace) && is_lower_hex(parent) && is_lower_hex(text.substr(53)) &&
           !all_zero(trace) && !all_zero(parent);
}

std::string random_hex(std::size_t bytes) {
    std::string raw(bytes, '\0');
    const std::span view(static_cast<unsigned char*>(static_cast<void*>(raw.data())), raw.size());
    random_bytes(view);
    return to_hex(view);
}

}  // namespace

std::string accept_or_create_traceparent(std::string_view given) {
    if (is_well_formed(given)) return std::string(given.substr(0, 36)) + random_hex(8) + std::string(given.substr(52));
    return "00-" + random_hex(16) + '-' + random_hex(8) + "-01";
}

std::string_view trace_id_of(std::string_view traceparent) {
    return traceparent.size() == traceparent_length ? traceparent.substr(3, 32) : std::string_view{};
}

}  // namespace darkroom::http
