#include "services/event_bus/domain/webhook.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <array>

namespace darkroom::event_bus {

namespace {

constexpr std::string_view prefix = "whsec_";

std::optional<std::string> key_in(std::string_view secret) {
    if (!secret.starts_with(prefix)) return std::nullopt;
    return base64_decode(secret.substr(prefix.size()));
}

}  // namespace

std::string new_webhook_secret() {
    std::array<unsigned char, 32> bytes{};
    random_bytes(bytes);
    return std::string(prefix) + base64_encode(view_of(bytes));
}

std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp, std::string_view body) {
    const auto key = key_in(secret);
    if (!key) return {};
    std::string message(id);
    message += '.' + std::to_string(timestamp) + '.';
    message += body;
    return "v1," + base64_encode(view_of(hmac_sha256(*key, message)));
}

Seconds webhook_pause(std::int64_t failures) {
    constexpr std::int64_t first = 5;
    constexpr std::int64_t longest = 1800;
    constexpr std::int64_t doublings = 9;
    return Seconds{std::min(longest, first << std::clamp<std::int64_t>(failures - 1, 0, doublings))};
}

}  // namespace darkroom::event_bus
