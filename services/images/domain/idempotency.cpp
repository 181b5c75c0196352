#include "services/images/domain/idempotency.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>

namespace darkroom::images {

namespace {

constexpr std::size_t max_key_length = 255;

bool is_visible(char character) {
    return character > ' ' && character <= '~';
}

}  // namespace

Result<std::optional<IdempotentRequest>> idempotent_request(const auth::Caller& caller, std::string_view key,
                                                            std::span<const std::string_view> parts) {
    if (key.empty()) return std::optional<IdempotentRequest>{};
    if (key.size() > max_key_length || !std::ranges::all_of(key, &is_visible)) {
        return invalid_field("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    }
    std::string content;
    // With its length before each part, so that no two lists read the same.
    for (const auto part : parts) content.append(std::to_string(part.size())).append(":").append(part);
    IdempotentRequest request;
    request.caller = caller.is_service() ? "service:" + caller.service : "user:" + caller.user_id.text();
    request.key = std::string(key);
    request.fingerprint = sha256_hex(content);
    return std::optional(std::move(request));
}

}  // namespace darkroom::images
