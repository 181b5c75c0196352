#include "services/images/domain/format.hpp"

#include <array>

namespace darkroom::images {

namespace {

constexpr std::array<FormatFacts, 8> table{{
    {Format::jpeg, "image/jpeg", "jpg", true, false, true, false, 65535},
    {Format::png, "image/png", "png", true, true, true, false, 1'000'000},
    {Format::webp, "image/webp", "webp", true, true, true, true, 16383},
    {Format::gif, "image/gif", "gif", true, true, false, true, 65535},
    {Format::tiff, "image/tiff", "tif", true, true, true, false, 1'000'000},
    {Format::avif, "image/avif", "avif", true, true, true, false, 16384},
    {Format::heic, "image/heic", "heic", false, true, true, false, 16384},
    {Format::bmp, "image/bmp", "bmp", false, false, false, false, 65535},
}};

}  // namespace

const FormatFacts& facts_of(Format format) {
    return table.at(static_cast<std::size_t>(format));
}

std::optional<Format> format_from_mime(std::string_view mime_type) {
    for (const auto& row : table) {
        if (row.mime_type == mime_type) return row.format;
    }
    return std::nullopt;
}

Format result_format(Format input) {
    return facts_of(input).writable ? input : Format::png;
}

}  // namespace darkroom::images
