// Characters drawn at build time (glyphs/make_glyphs.cpp) and carried in the program.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace darkroom::images::worker {

inline constexpr unsigned glyph_pixels = 96;

/// The file: a header, the glyphs by rising code point, then their coverage bytes, row by row.
struct GlyphHeader {
    std::uint32_t count;
    /// Above and (negative) below the base line, in pixels.
    std::int32_t ascender;
    std::int32_t descender;
};

struct Glyph {
    std::uint32_t code_point;
    /// Of its coverage behind the glyphs.
    std::uint32_t offset;
    /// To the next character, in pixels.
    std::int16_t advance;
    /// Of the bitmap's left top corner from the pen, upwards.
    std::int16_t left;
    std::int16_t top;
    std::uint16_t width;
    std::uint16_t height;
    std::uint16_t reserved;
};
static_assert(sizeof(Glyph) == 20 && sizeof(GlyphHeader) == 12);

/// One line of text as coverage: 0 nothing, 255 all.
struct TextMask {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> coverage;
};

/// `text` is UTF-8. Throws Refused "unsupported_character" for one that is not carried, "invalid_text" for what is no UTF-8.
TextMask draw_text(std::string_view text);

}  // namespace darkroom::images::worker
