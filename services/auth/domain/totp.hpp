// One-time codes of authenticator apps (RFC 6238: HMAC-SHA-1, six digits, thirty seconds, which every app can) and recovery
// codes.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::accounts {

/// 160 random bits (RFC 4226 §4), as raw bytes.
Secret new_totp_secret();
/// RFC 4648 §6, without padding: what a person types who cannot scan.
std::string base32_encode(std::string_view bytes);
/// otpauth://totp/… of the de facto standard, for a QR code.
std::string totp_uri(std::string_view secret, std::string_view account);

/// Steps since the epoch.
std::int64_t totp_step(Timestamp time);
std::string totp_code(std::string_view secret, std::int64_t step);
/// The step whose code this is: the present one or a neighbour, for clocks that differ. Nothing for any other text.
std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, Timestamp time);

/// "k7mw-2q9d-x4hn-p3vt": 80 random bits each, without letters that look alike.
std::vector<std::string> new_recovery_codes();
/// As it is hashed: whatever case and dashes a person typed.
std::string normal_recovery_code(std::string_view typed);

}  // namespace darkroom::accounts
