#include "platform/http/path.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <cstdint>

namespace darkroom::http {

namespace {

Error refused(std::string_view why) {
    return {Kind::malformed, "malformed_path", std::string("the path ") + std::string(why)};
}

struct Sequence {
    std::size_t length;
    std::uint32_t smallest;
};

/// How long the sequence that `lead` begins is, and the smallest code point that needs it; length 0 for no lead byte.
Sequence sequence_of(unsigned char lead) {
    if (lead < 0x80) return {1, 0};
    if (lead >= 0xC2 && lead < 0xE0) return {2, 0x80};
    if (lead >= 0xE0 && lead < 0xF0) return {3, 0x800};
    if (lead >= 0xF0 && lead < 0xF5) return {4, 0x10000};
    return {0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const auto [length, smallest] = sequence_of(lead);
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0U) != 0x80) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
        i += length;
    }
    return true;
}

Result<std::string> canonical_path(std::string_view raw) {
    if (!raw.starts_with('/')) return refused("must begin with '/'");
    const auto raw_slashes = std::ranges::count(raw, '/');
    auto decoded = percent_decode(raw);
    if (!decoded) return refused("has a broken percent escape");
    if (std::ranges::count(*decoded, '/') != raw_slashes) return refused("has an encoded slash");
    const auto forbidden = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; };
    if (std::ranges::any_of(*decoded, forbidden)) return refused("has a control character or a backslash");
    if (!is_utf8(*decoded)) return refused("is not UTF-8");
    std::string_view rest(*decoded);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const auto segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(segment.size());
        if (segment.empty() && !rest.empty()) return refused("has an empty segment");
        if (segment == "." || segment == "..") return refused("has a dot segment");
    }
    return std::move(*decoded);
}

}  // namespace darkroom::http
