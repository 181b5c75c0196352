// How a webhook is signed and how patiently it is tried: https://www.standardwebhooks.com, version 1.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::event_bus {

/// "whsec_" and 32 random bytes in base64.
std::string new_webhook_secret();
/// The header webhook-signature: "v1,<base64 of HMAC-SHA-256 over id.timestamp.body>". Empty for what is no such secret.
std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp, std::string_view body);

/// How long the secret before a rotation is signed with beside the new one: the receiver changes over in that time.
inline constexpr Seconds secret_overlap = 24h;

/// After how many failures in a row an event becomes a dead letter.
inline constexpr std::int64_t max_webhook_attempts = 9;
/// Before the attempt behind `failures`: 5 s, doubling, at most half an hour; together about an hour and a half.
Seconds webhook_pause(std::int64_t failures);

}  // namespace darkroom::event_bus
