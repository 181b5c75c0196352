#include "services/auth/domain/totp.hpp"

#include "platform/core/encoding.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace darkroom::accounts {

namespace {

constexpr std::size_t secret_bytes = 20;
constexpr std::int64_t step_seconds = 30;
constexpr std::uint32_t modulus = 1'000'000;
constexpr std::size_t digits = 6;
constexpr std::size_t recovery_codes = 10;
constexpr std::size_t recovery_groups = 4;
constexpr std::size_t group_length = 4;
/// 32 characters, so that five random bits choose one evenly. Without 0, o, 1 and l.
constexpr std::string_view recovery_alphabet = "23456789abcdefghijkmnpqrstuvwxyz";
static_assert(recovery_alphabet.size() == 32);

}  // namespace

Secret new_totp_secret() {
    std::array<unsigned char, secret_bytes> bytes{};
    random_bytes(bytes);
    return Secret(std::string(bytes.begin(), bytes.end()));
}

std::string base32_encode(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        buffer = (buffer << 8) | byte;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            text += alphabet[(buffer >> bits) & 31];
        }
    }
    if (bits > 0) text += alphabet[(buffer << (5 - bits)) & 31];
    return text;
}

std::string totp_uri(std::string_view secret, std::string_view account) {
    return fmt::format("otpauth://totp/Darkroom:{}?secret={}&issuer=Darkroom&algorithm=SHA1&digits={}&period={}",
                       percent_encode(account), base32_encode(secret), digits, step_seconds);
}

std::int64_t totp_step(Timestamp time) {
    return unix_seconds(time) / step_seconds;
}

std::string totp_code(std::string_view secret, std::int64_t step) {
    std::array<unsigned char, 8> message{};
    for (std::size_t i = 0; i < message.size(); ++i) message[7 - i] = static_cast<unsigned char>(step >> (8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(), mac.data(), &size);
    // Dynamic truncation, RFC 4226 §5.3.
    const std::size_t offset = mac[size - 1] & 15;
    const auto number = ((mac[offset] & 0x7FU) << 24) | (static_cast<std::uint32_t>(mac[offset + 1]) << 16) |
                        (static_cast<std::uint32_t>(mac[offset + 2]) << 8) | mac[offset + 3];
    return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, Timestamp time) {
    if (code.size() != digits) return std::nullopt;
    const auto present = totp_step(time);
    std::optional<std::int64_t> found;
    for (const auto step : {present - 1, present, present + 1}) {
        if (constant_time_equal(totp_code(secret, step), code)) found = step;
    }
    return found;
}

std::vector<std::string> new_recovery_codes() {
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < recovery_codes; ++i) {
        std::array<unsigned char, recovery_groups * group_length> bytes{};
        random_bytes(bytes);
        std::string code;
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            if (at > 0 && at % group_length == 0) code += '-';
            code += recovery_alphabet[bytes[at] & 31];
        }
        codes.push_back(std::move(code));
    }
    return codes;
}

std::string normal_recovery_code(std::string_view typed) {
    std::string code;
    for (const char c : typed) {
        if (c == '-' || c == ' ') continue;
        code += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return code;
}

}  // namespace darkroom::accounts
