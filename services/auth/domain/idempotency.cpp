#include "services/auth/domain/idempotency.hpp"

#include <algorithm>
#include <array>

namespace darkroom::accounts {

namespace {

constexpr std::size_t max_key_length = 255;

std::string name_of(const auth::Caller& caller) {
    if (caller.is_service()) return "service:" + caller.service;
    return caller.signed_in() ? "user:" + caller.user_id.text() : "anonymous";
}

}  // namespace

Result<std::optional<IdempotentRequest>> idempotent_request(const auth::Caller& caller, std::string_view key,
                                                            std::string_view endpoint, std::string_view body) {
    if (key.empty()) return std::optional<IdempotentRequest>{};
    const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
    if (key.size() > max_key_length || !visible) {
        return invalid_field("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    }
    IdempotentRequest request{.caller = name_of(caller), .key = std::string(key), .content = {}};
    std::string content;
    // With its length before each part, so that no two lists read the same.
    for (const auto part : std::array<std::string_view, 4>{request.caller, key, endpoint, body}) {
        content.append(std::to_string(part.size())).append(":").append(part);
    }
    request.content = Secret(std::move(content));
    return std::optional(std::move(request));
}

}  // namespace darkroom::accounts
