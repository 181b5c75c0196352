// Bytes to text and back, random bytes, digests. All from OpenSSL; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom {

/// The same bytes as text, and as what OpenSSL takes. Views: the bytes stay the caller's.
inline std::string_view view_of(std::span<const unsigned char> bytes) {
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}
inline const unsigned char* bytes_of(std::string_view text) {
    return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

/// Fills from the operating system's generator; throws std::runtime_error if there is none.
void random_bytes(std::span<unsigned char> out);

/// `bytes` random bytes in base64url without padding: a token for people and machines.
std::string random_token(std::size_t bytes = 32);

std::string to_hex(std::span<const unsigned char> bytes);

/// RFC 4648 §5, no padding.
std::string base64url_encode(std::string_view bytes);
/// nullopt for characters outside the alphabet, padding, or non-zero trailing bits.
std::optional<std::string> base64url_decode(std::string_view text);
/// RFC 4648 §4, padded.
std::string base64_encode(std::string_view bytes);
/// The same, also of text that has lost its padding; nullopt as for base64url_decode.
std::optional<std::string> base64_decode(std::string_view text);

std::array<unsigned char, 32> sha256(std::string_view bytes);
/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view bytes);

/// Compares in time that depends on the length only.
bool constant_time_equal(std::string_view left, std::string_view right);

/// RFC 3986 percent-decoding; nullopt for a broken escape. `plus_is_space` for query strings and forms.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Encodes all but the unreserved characters of RFC 3986.
std::string percent_encode(std::string_view text);

}  // namespace darkroom
