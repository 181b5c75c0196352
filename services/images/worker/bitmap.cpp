#include "services/images/worker/bitmap.hpp"

#include <cstdint>
#include <cstring>
#include <memory>

namespace darkroom::images::worker {

namespace {

constexpr std::size_t file_header_size = 14;
constexpr std::size_t info_header_size = 40;
constexpr std::uint32_t uncompressed = 0;
/// Compression 3 says which bits are which colour; we read the one layout everybody writes: 32 bits, blue first.
constexpr std::uint32_t bit_fields = 3;

/// Where everything is in the file; checked against its size before a pixel is read.
struct Bitmap {
    const std::uint8_t* palette;
    std::uint32_t palette_size;
    const std::uint8_t* pixels;
    std::size_t row_bytes;
    int bits;
    int width;
    int height;
    bool bottom_up;
};

template <class T>
T read_at(const std::uint8_t* data, std::size_t offset) {
    T value{};
    std::memcpy(&value, data + offset, sizeof value);  // the format is little-endian, and so are our machines
    return value;
}

[[noreturn]] void refuse_damaged() {
    throw Refused("damaged_image", "the image is damaged or truncated: the bitmap's header and its size do not agree");
}

/// Only for what is_bitmap() says yes to.
Bitmap parse(const std::uint8_t* data, std::size_t size) {
    const auto pixel_offset = read_at<std::uint32_t>(data, 10);
    const auto header_size = read_at<std::uint32_t>(data, 14);
    const auto width = read_at<std::int32_t>(data, 18);
    const auto height = read_at<std::int32_t>(data, 22);
    const auto bits = read_at<std::uint16_t>(data, 28);
    const auto compression = read_at<std::uint32_t>(data, 30);
    const bool known_bits = bits == 1 || bits == 4 || bits == 8 || bits == 24 || bits == 32;
    if (!known_bits || !(compression == uncompressed || (compression == bit_fields && bits == 32))) {
        throw Refused("unsupported_image", "this kind of bitmap is not supported");
    }
    // The minimum of a 32-bit integer has no positive twin.
    if (width <= 0 || width > 65535 || height == 0 || height > 65535 || height < -65535) refuse_damaged();

    Bitmap bitmap{};
    bitmap.bits = bits;
    bitmap.width = width;
    bitmap.height = height < 0 ? -height : height;
    bitmap.bottom_up = height > 0;
    bitmap.row_bytes = (static_cast<std::size_t>(width) * bits + 31) / 32 * 4;
    if (pixel_offset > size || bitmap.row_bytes * static_cast<std::size_t>(bitmap.height) > size - pixel_offset)
        refuse_damaged();
    bitmap.pixels = data + pixel_offset;
    if (bits <= 8) {
        const auto used = read_at<std::uint32_t>(data, 46);
        const std::size_t palette_offset = file_header_size + header_size;
        bitmap.palette_size = used == 0 ? 1U << bits : used;
        if (palette_offset > size || bitmap.palette_size > 256 || bitmap.palette_size * 4U > size - palette_offset)
            refuse_damaged();
        bitmap.palette = data + palette_offset;
    }
    return bitmap;
}

/// Three bytes, red first. An index beyond the palette is black.
void read_row(const Bitmap& bitmap, int y, std::uint8_t* out) {
    const int stored = bitmap.bottom_up ? bitmap.height - 1 - y : y;
    const auto* row = bitmap.pixels + static_cast<std::size_t>(stored) * bitmap.row_bytes;
    static constexpr std::uint8_t black[4] = {};
    for (int x = 0; x < bitmap.width; ++x, out += 3) {
        const auto* pixel = black;
        if (bitmap.bits >= 24) {
            pixel = row + static_cast<std::size_t>(x) * static_cast<std::size_t>(bitmap.bits / 8);
        } else {
            const auto bit = static_cast<std::size_t>(x) * static_cast<std::size_t>(bitmap.bits);
            const auto shift = 8U - static_cast<unsigned>(bitmap.bits) - static_cast<unsigned>(bit % 8);
            const auto index = (static_cast<unsigned>(row[bit / 8]) >> shift) & ((1U << bitmap.bits) - 1U);
            if (index < bitmap.palette_size) pixel = bitmap.palette + std::size_t{index} * 4;
        }
        out[0] = pixel[2];
        out[1] = pixel[1];
        out[2] = pixel[0];
    }
}

/// A VipsGenerateFn. The last argument is the Bitmap.
int generate(VipsRegion* region, void*, void*, void* bitmap, gboolean*) {
    const auto& source = *static_cast<const Bitmap*>(bitmap);
    const auto row_size = static_cast<std::size_t>(source.width) * 3;
    const auto row = std::make_unique<std::uint8_t[]>(row_size);
    const auto& area = region->valid;
    for (int y = area.top; y < area.top + area.height; ++y) {
        read_row(source, y, row.get());
        std::memcpy(VIPS_REGION_ADDR(region, area.left, y), row.get() + static_cast<std::size_t>(area.left) * 3,
                    static_cast<std::size_t>(area.width) * 3);
    }
    return 0;
}

void forget(VipsImage*, void* bitmap) {
    delete static_cast<Bitmap*>(bitmap);
}

}  // namespace

bool is_bitmap(const void* data, std::size_t size) {
    if (size < file_header_size + info_header_size || std::memcmp(data, "BM", 2) != 0) return false;
    // "BM" also begins plain texts: the second header must have one of the sizes it has had over the years.
    const auto header_size = read_at<std::uint32_t>(static_cast<const std::uint8_t*>(data), file_header_size);
    return header_size == 40 || header_size == 52 || header_size == 56 || header_size == 108 || header_size == 124;
}

Image read_bitmap(const void* data, std::size_t size) {
    auto bitmap = std::make_unique<Bitmap>(parse(static_cast<const std::uint8_t*>(data), size));
    auto image = Image::adopt(vips_image_new());
    vips_image_init_fields(image.get(), bitmap->width, bitmap->height, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1, 1);
    auto* const owned = bitmap.release();
    g_signal_connect(image.get(), "close", G_CALLBACK(&forget), owned);
    const bool piped = vips_image_pipelinev(image.get(), VIPS_DEMAND_STYLE_THINSTRIP, nullptr) == 0;
    if (!piped || vips_image_generate(image.get(), nullptr, &generate, nullptr, nullptr, owned) != 0) throw VipsFailure();
    return image;
}

}  // namespace darkroom::images::worker
