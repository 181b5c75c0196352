#include "services/images/worker/glyphs.hpp"

#include "services/images/worker/image.hpp"

#include <algorithm>
#include <cstring>
#include <span>

// The file of make_glyphs, as it is.
asm(R"(
    .section .rodata
    .balign 16
    .global darkroom_glyphs
darkroom_glyphs:
    .incbin ")" GLYPHS_FILE R"("
    .previous
)");
extern "C" const unsigned char darkroom_glyphs[];

namespace darkroom::images::worker {

namespace {

const GlyphHeader& header() {
    return *static_cast<const GlyphHeader*>(static_cast<const void*>(darkroom_glyphs));
}

std::span<const Glyph> glyphs() {
    const auto* first = static_cast<const Glyph*>(static_cast<const void*>(darkroom_glyphs + sizeof(GlyphHeader)));
    return {first, header().count};
}

const unsigned char* coverage_of(const Glyph& glyph) {
    return darkroom_glyphs + sizeof(GlyphHeader) + glyphs().size_bytes() + glyph.offset;
}

/// Well-formed UTF-8 only; what the API lets through is.
std::uint32_t next_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || length > text.size()) throw Refused("invalid_text", "the text of the watermark is not UTF-8");
    constexpr std::array<unsigned, 5> masks{0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t code = lead & masks[length];
    for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
    text.remove_prefix(length);
    return code;
}

std::vector<const Glyph*> glyphs_of(std::string_view text) {
    std::vector<const Glyph*> line;
    while (!text.empty()) {
        const auto code = next_code_point(text);
        const auto found = std::ranges::lower_bound(glyphs(), code, {}, &Glyph::code_point);
        if (found == glyphs().end() || found->code_point != code) {
            throw Refused("unsupported_character",
                          "the watermark has a character that cannot be drawn: Latin, Greek and Cyrillic can");
        }
        line.push_back(&*found);
    }
    return line;
}

}  // namespace

TextMask draw_text(std::string_view text) {
    const auto line = glyphs_of(text);
    TextMask mask;
    mask.height = header().ascender - header().descender;
    int pen = 0;
    int right = 1;
    for (const auto* glyph : line) {
        right = std::max(right, pen + glyph->left + glyph->width);
        pen += glyph->advance;
    }
    mask.width = std::max(right, pen);
    mask.coverage.assign(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height), 0);
    pen = 0;
    for (const auto* glyph : line) {
        for (int row = 0; row < glyph->height; ++row) {
            const int y = header().ascender - glyph->top + row;
            for (int column = 0; column < glyph->width; ++column) {
                const int x = pen + glyph->left + column;
                if (x < 0 || x >= mask.width || y < 0 || y >= mask.height) continue;
                auto& pixel = mask.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) +
                                            static_cast<std::size_t>(x)];
                pixel = std::max(pixel, coverage_of(*glyph)[row * glyph->width + column]);
            }
        }
        pen += glyph->advance;
    }
    return mask;
}

}  // namespace darkroom::images::worker
