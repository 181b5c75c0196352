#include "platform/mail/quoted_printable.hpp"

#include <algorithm>
#include <optional>

namespace darkroom::mail {

namespace {

// 76 with the = of a soft line break.
constexpr std::size_t longest_line = 75;
constexpr std::string_view digits = "0123456789ABCDEF";

std::string escaped(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return {'=', digits[byte >> 4U], digits[byte & 0xFU]};
}

void append_line(std::string& out, std::string_view line) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        // Some servers drop blanks at the end of a line.
        const bool stays = (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && i + 1 < line.size());
        const auto piece = stays ? std::string(1, c) : escaped(c);
        if (length + piece.size() > longest_line) {
            out += "=\r\n";
            length = 0;
        }
        out += piece;
        length += piece.size();
    }
}

std::optional<unsigned> digit_of(char c) {
    const auto upper = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto at = digits.find(upper);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(at);
}

}  // namespace

std::string quoted_printable(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    while (true) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        append_line(out, line);
        if (end == text.size()) return out;
        out += "\r\n";
        text.remove_prefix(end + 1);
    }
}

std::string from_quoted_printable(std::string_view encoded) {
    std::string out;
    out.reserve(encoded.size());
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        const auto rest = encoded.substr(i);
        if (rest.starts_with("=\r\n")) {
            i += 2;
        } else if (rest.starts_with("=\n")) {
            i += 1;
        } else if (rest.starts_with("\r\n")) {
            out += '\n';
            i += 1;
        } else if (const auto high = rest.size() > 2 && rest[0] == '=' ? digit_of(rest[1]) : std::nullopt; high) {
            const auto low = digit_of(rest[2]);
            out += low ? static_cast<char>(*high * 16 + *low) : rest[0];
            i += low ? 2 : 0;
        } else {
            out += rest[0];
        }
    }
    return out;
}

}  // namespace darkroom::mail
