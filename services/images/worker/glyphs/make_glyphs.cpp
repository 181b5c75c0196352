// Run at build time: draws the characters that a watermark can have from a font file, so that the sandboxed worker needs
// neither a font nor a library for fonts. usage: make_glyphs FONT OUTPUT; the format is that of glyphs.hpp.
#include "services/images/worker/glyphs.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace darkroom::images::worker;

/// Latin with its extensions, Greek, Cyrillic, and the signs people put under pictures.
constexpr std::array<std::pair<unsigned, unsigned>, 7> ranges{
    {{0x20, 0x7E}, {0xA0, 0x17F}, {0x370, 0x3FF}, {0x400, 0x45F}, {0x2010, 0x2026}, {0x20AC, 0x20AC}, {0x2122, 0x2122}}};

void require(FT_Error error, const char* what) {
    if (error != 0) throw std::runtime_error(std::string(what) + " failed");
}

void make(const char* font, const char* output) {
    FT_Library library = nullptr;
    FT_Face face = nullptr;
    require(FT_Init_FreeType(&library), "FT_Init_FreeType");
    require(FT_New_Face(library, font, 0, &face), "FT_New_Face");
    require(FT_Set_Pixel_Sizes(face, 0, glyph_pixels), "FT_Set_Pixel_Sizes");
    std::vector<Glyph> glyphs;
    std::string bitmaps;
    for (const auto& [first, last] : ranges) {
        for (unsigned code = first; code <= last; ++code) {
            const auto index = FT_Get_Char_Index(face, code);
            if (index == 0) continue;
            require(FT_Load_Glyph(face, index, FT_LOAD_RENDER), "FT_Load_Glyph");
            const auto& slot = *face->glyph;
            glyphs.push_back({code, static_cast<std::uint32_t>(bitmaps.size()), static_cast<std::int16_t>(slot.advance.x / 64),
                              static_cast<std::int16_t>(slot.bitmap_left), static_cast<std::int16_t>(slot.bitmap_top),
                              static_cast<std::uint16_t>(slot.bitmap.width), static_cast<std::uint16_t>(slot.bitmap.rows), 0});
            for (unsigned row = 0; row < slot.bitmap.rows; ++row) {
                const auto* line = slot.bitmap.buffer + static_cast<std::ptrdiff_t>(row) * slot.bitmap.pitch;
                bitmaps.append(line, line + slot.bitmap.width);
            }
        }
    }
    const GlyphHeader header{static_cast<std::uint32_t>(glyphs.size()),
                             static_cast<std::int32_t>(face->size->metrics.ascender / 64),
                             static_cast<std::int32_t>(face->size->metrics.descender / 64)};
    std::ofstream file(output, std::ios::binary);
    file.write(static_cast<const char*>(static_cast<const void*>(&header)), sizeof header);
    file.write(static_cast<const char*>(static_cast<const void*>(glyphs.data())),
               static_cast<std::streamsize>(glyphs.size() * sizeof(Glyph)));
    file.write(bitmaps.data(), static_cast<std::streamsize>(bitmaps.size()));
    if (!file.flush()) throw std::runtime_error("the output cannot be written");
    FT_Done_Face(face);
    FT_Done_FreeType(library);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3) throw std::runtime_error("usage: make_glyphs FONT OUTPUT");
        make(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make_glyphs: %s\n", error.what());
        return 1;
    }
    return 0;
}
