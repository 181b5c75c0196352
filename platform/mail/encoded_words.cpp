#include "platform/mail/encoded_words.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace darkroom::mail {

namespace {

constexpr std::string_view begin_word = "=?UTF-8?B?";
constexpr std::string_view end_word = "?=";
// "Subject: " and 36 bytes in base64 stay below the 76 characters that a line with an encoded word may have.
constexpr std::size_t bytes_per_word = 36;
constexpr std::size_t longest_plain = 60;

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

bool is_plain(std::string_view text) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    return text.size() <= longest_plain && std::ranges::all_of(text, is_ascii) && text.find("=?") == std::string_view::npos &&
           !text.starts_with(' ') && !text.ends_with(' ');
}

/// The longest beginning of at most `bytes_per_word` that does not cut a character.
std::size_t next_piece(std::string_view text) {
    if (text.size() <= bytes_per_word) return text.size();
    std::size_t length = bytes_per_word;
    while (length > 1 && is_continuation(text[length])) --length;
    return length;
}

/// RFC 2047's Q encoding: quoted-printable with _ for a space.
std::optional<std::string> q_decode(std::string_view text) {
    std::string percent;
    for (const char c : text) {
        if (c == '%') {
            percent += "%25";
        } else {
            percent += c == '=' ? '%' : c;
        }
    }
    std::ranges::replace(percent, '_', ' ');
    return percent_decode(percent);
}

/// One "=?charset?encoding?text?=" at the beginning of `rest`, which is moved behind it.
std::optional<std::string> take_word(std::string_view& rest) {
    const auto charset_end = rest.find('?', 2);
    if (!rest.starts_with("=?") || charset_end == std::string_view::npos || charset_end + 2 >= rest.size()) return std::nullopt;
    const char encoding = rest[charset_end + 1];
    const auto end = rest.find(end_word, charset_end + 3);
    if (rest[charset_end + 2] != '?' || end == std::string_view::npos) return std::nullopt;
    const auto text = rest.substr(charset_end + 3, end - charset_end - 3);
    auto decoded = encoding == 'B' || encoding == 'b' ? base64_decode(text) : q_decode(text);
    if (decoded) rest.remove_prefix(end + end_word.size());
    return decoded;
}

}  // namespace

std::string encode_header(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(line, is_control, ' ');
    if (is_plain(line)) return line;
    std::string result;
    for (std::string_view rest = line; !rest.empty();) {
        const auto length = next_piece(rest);
        if (!result.empty()) result += "\r\n ";
        result += begin_word;
        result += base64_encode(rest.substr(0, length));
        result += end_word;
        rest.remove_prefix(length);
    }
    return result;
}

std::string decode_header(std::string_view value) {
    std::string result;
    bool after_word = false;
    while (!value.empty()) {
        // White space between two encoded words is not part of the text.
        const auto space = std::min(value.find_first_not_of(" \t\r\n"), value.size());
        auto rest = value.substr(space);
        if (auto word = take_word(rest)) {
            if (!after_word) result += value.substr(0, space);
            result += *word;
            value = rest;
            after_word = true;
            continue;
        }
        const auto end = std::min(value.find(' ', space + 1), value.size());
        result += value.substr(0, end);
        value.remove_prefix(end);
        after_word = false;
    }
    return result;
}

}  // namespace darkroom::mail
