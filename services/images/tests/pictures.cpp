#include "services/images/tests/pictures.hpp"

#include <vips/vips.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace darkroom::images::testing {

using namespace std::string_literals;

namespace {

void start_once() {
    static const bool started = vips_init("tests") == 0;
    if (!started) throw std::runtime_error("libvips cannot start");
}

void require(bool condition) {
    if (condition) return;
    const std::string message = vips_error_buffer();
    vips_error_clear();
    throw std::runtime_error(message);
}

VipsImage* to_vips(const Picture& picture) {
    start_once();
    auto* const image = vips_image_new_from_memory_copy(picture.bytes.data(), picture.bytes.size(), picture.width,
                                                        picture.height, picture.bands, VIPS_FORMAT_UCHAR);
    require(image != nullptr);
    image->Type = picture.bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    return image;
}

std::string write(VipsImage* image, const std::string& format) {
    void* data = nullptr;
    std::size_t size = 0;
    require(vips_image_write_to_buffer(image, format.c_str(), &data, &size, nullptr) == 0);
    std::string file(static_cast<const char*>(data), size);
    g_free(data);
    return file;
}

void append_big_endian(std::string& out, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift & 0xFF);
}

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_chunk(std::string& out, const std::string& type, const std::string& data) {
    append_big_endian(out, static_cast<std::uint32_t>(data.size()));
    const auto body = type + data;
    const auto sum =
        ::crc32(0, static_cast<const Bytef*>(static_cast<const void*>(body.data())), static_cast<uInt>(body.size()));
    out += body;
    append_big_endian(out, static_cast<std::uint32_t>(sum));
}

}  // namespace

Picture a_photo(int width, int height) {
    Picture picture{width, height, 3, {}};
    picture.bytes.reserve(static_cast<std::size_t>(width * height * 3));
    std::uint32_t noise = 12345;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            noise = noise * 1664525U + 1013904223U;
            const int grain = static_cast<int>(noise >> 28);
            const double wave = 40 * std::sin(x * 0.02) * std::cos(y * 0.03);
            picture.bytes.push_back(static_cast<std::uint8_t>(60 + 120 * x / width + static_cast<int>(wave) / 2 + grain));
            picture.bytes.push_back(static_cast<std::uint8_t>(60 + 120 * y / height + grain));
            picture.bytes.push_back(static_cast<std::uint8_t>(120 + static_cast<int>(wave) + grain));
        }
    }
    return picture;
}

Picture a_plain(int width, int height, std::vector<std::uint8_t> colour) {
    Picture picture{width, height, static_cast<int>(colour.size()), {}};
    for (int i = 0; i < width * height; ++i) picture.bytes.insert(picture.bytes.end(), colour.begin(), colour.end());
    return picture;
}

std::string encode(const Picture& picture, const std::string& format) {
    auto* const image = to_vips(picture);
    auto file = write(image, format);
    g_object_unref(image);
    return file;
}

std::string encode_with_orientation(const Picture& picture, int orientation) {
    auto* const image = to_vips(picture);
    vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
    auto file = write(image, ".jpg[Q=95]");
    g_object_unref(image);
    return file;
}

std::string encode_with_profile(const Picture& picture) {
    auto* const image = to_vips(picture);
    VipsImage* out = nullptr;
    require(vips_icc_transform(image, &out, "p3", "input_profile", "srgb", nullptr) == 0);
    auto file = write(out, ".jpg[Q=95]");
    g_object_unref(out);
    g_object_unref(image);
    return file;
}

std::string encode_with_metadata(const Picture& picture) {
    auto* const image = to_vips(picture);
    VipsImage* out = nullptr;
    require(vips_icc_transform(image, &out, "p3", "input_profile", "srgb", nullptr) == 0);
    vips_image_set_int(out, VIPS_META_ORIENTATION, 6);
    vips_image_set_string(out, "exif-ifd0-Make", "Darkroom Cameras (Darkroom Cameras, ASCII, 17 components, 17 bytes)");
    vips_image_set_string(out, "exif-ifd3-GPSLatitude", "52/1 31/1 12/1 (52, 31, 12, Rational, 3 components, 24 bytes)");
    const auto small = encode(a_plain(16, 12, {1, 2, 3}), ".jpg");
    vips_image_set_blob_copy(out, "jpeg-thumbnail-data", small.data(), small.size());
    const std::string xmp = R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:rights>Ada</dc:rights></x:xmpmeta>)";
    vips_image_set_blob_copy(out, VIPS_META_XMP_NAME, xmp.data(), xmp.size());
    // One dataset: 2:120, the caption.
    const auto caption =
        "\x1c\x02\x78\x00\x03"
        "Ada"s;
    const auto iptc =
        "Photoshop 3.0\0"
        "8BIM\x04\x04\0\0\0\0\0\x08"s +
        caption;
    vips_image_set_blob_copy(out, VIPS_META_IPTC_NAME, iptc.data(), iptc.size());
    auto file = write(out, ".jpg[Q=95]");
    g_object_unref(out);
    g_object_unref(image);
    return file;
}

namespace {

/// The smallest profile there can be: gray, with a gamma of 1.
std::string linear_gray_profile() {
    const auto tag = [](std::string_view name, std::uint32_t offset, std::uint32_t size) {
        std::string entry(name);
        append_big_endian(entry, offset);
        append_big_endian(entry, size);
        return entry;
    };
    constexpr std::uint32_t tags_end = 128 + 4 + 2 * 12;
    auto white = "XYZ \0\0\0\0"s;
    for (const std::uint32_t part : {0xF6D6U, 0x10000U, 0xD32DU}) append_big_endian(white, part);
    // A curve without points is the identity.
    const auto curve = "curv\0\0\0\0\0\0\0\0"s;
    std::string body;
    append_big_endian(body, 2);
    body += tag("wtpt", tags_end, 20) + tag("kTRC", tags_end + 20, 12) + white + curve;
    std::string header;
    append_big_endian(header, static_cast<std::uint32_t>(128 + body.size()));
    header += "\0\0\0\0\x02\x10\0\0mntrGRAYXYZ "s;
    header.resize(36, '\0');
    header += "acsp";
    header.resize(68, '\0');
    for (const std::uint32_t part : {0xF6D6U, 0x10000U, 0xD32DU}) append_big_endian(header, part);
    header.resize(128, '\0');
    return header + body;
}

std::string blob_of(VipsImage* image, const char* name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(image, name) == 0) return "";
    require(vips_image_get_blob(image, name, &data, &size) == 0);
    return {static_cast<const char*>(data), size};
}

}  // namespace

std::string encode_linear_gray(const Picture& picture) {
    auto* const image = to_vips(picture);
    const auto profile = linear_gray_profile();
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile.data(), profile.size());
    auto file = write(image, ".jpg[Q=95]");
    g_object_unref(image);
    return file;
}

Metadata metadata_of(const std::string& file) {
    start_once();
    auto* const image = vips_image_new_from_buffer(file.data(), file.size(), "", nullptr);
    require(image != nullptr);
    Metadata found;
    if (vips_image_get_typeof(image, VIPS_META_ORIENTATION) != 0) found.orientation = vips_image_get_orientation(image);
    const char* camera = nullptr;
    if (vips_image_get_typeof(image, "exif-ifd0-Make") != 0) {
        require(vips_image_get_string(image, "exif-ifd0-Make", &camera) == 0);
        found.camera = camera;
    }
    found.exif = blob_of(image, VIPS_META_EXIF_NAME);
    found.xmp = blob_of(image, VIPS_META_XMP_NAME);
    found.iptc = blob_of(image, VIPS_META_IPTC_NAME);
    found.profile = blob_of(image, VIPS_META_ICC_NAME);
    found.has_small_picture = vips_image_get_typeof(image, "jpeg-thumbnail-data") != 0;
    g_object_unref(image);
    return found;
}

std::string encode_animation(const Picture& picture, int frames) {
    Picture tall = picture;
    tall.height = picture.height * frames;
    tall.bytes.clear();
    for (int i = 0; i < frames; ++i) tall.bytes.insert(tall.bytes.end(), picture.bytes.begin(), picture.bytes.end());
    auto* const image = to_vips(tall);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, picture.height);
    auto file = write(image, ".gif[keep_duplicate_frames]");
    g_object_unref(image);
    return file;
}

std::string encode_frames(const Animation& animation, const std::string& format) {
    Picture roll = animation.frames.front();
    roll.bytes.clear();
    for (const auto& frame : animation.frames) roll.bytes.insert(roll.bytes.end(), frame.bytes.begin(), frame.bytes.end());
    roll.height *= static_cast<int>(animation.frames.size());
    auto* const image = to_vips(roll);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, animation.frames.front().height);
    vips_image_set_int(image, "loop", animation.loop);
    vips_image_set_array_int(image, "delay", animation.delays.data(), static_cast<int>(animation.delays.size()));
    auto file = write(image, format);
    g_object_unref(image);
    return file;
}

Animation decode_frames(const std::string& file) {
    start_once();
    auto* const image = vips_image_new_from_buffer(file.data(), file.size(), "", "n", -1, nullptr);
    require(image != nullptr);
    const int height = vips_image_get_page_height(image);
    std::size_t size = 0;
    auto* const memory = static_cast<std::uint8_t*>(vips_image_write_to_memory(image, &size));
    require(memory != nullptr);
    Animation animation;
    Picture frame{vips_image_get_width(image), height, vips_image_get_bands(image), {}};
    const auto frame_size = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height * frame.bands);
    for (std::size_t at = 0; at < size; at += frame_size) {
        frame.bytes.assign(memory + at, memory + at + frame_size);
        animation.frames.push_back(frame);
    }
    g_free(memory);
    int* delays = nullptr;
    int count = 0;
    if (vips_image_get_typeof(image, "delay") != 0) require(vips_image_get_array_int(image, "delay", &delays, &count) == 0);
    animation.delays.assign(delays, delays + count);
    if (vips_image_get_typeof(image, "loop") != 0) require(vips_image_get_int(image, "loop", &animation.loop) == 0);
    g_object_unref(image);
    return animation;
}

std::string encode_bitmap(const Picture& picture) {
    const auto row_bytes = static_cast<std::uint32_t>((picture.width * 3 + 3) / 4 * 4);
    std::string file = "BM";
    append_little_endian(file, 54 + row_bytes * static_cast<std::uint32_t>(picture.height), 4);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 54, 4);
    append_little_endian(file, 40, 4);
    append_little_endian(file, static_cast<std::uint32_t>(picture.width), 4);
    append_little_endian(file, static_cast<std::uint32_t>(picture.height), 4);
    append_little_endian(file, 1, 2);
    append_little_endian(file, 24, 2);
    file.append(24, '\0');
    for (int y = picture.height - 1; y >= 0; --y) {
        for (int x = 0; x < picture.width; ++x) {
            for (const int band : {2, 1, 0}) file += static_cast<char>(picture.at(x, y, band));
        }
        file.append(row_bytes - static_cast<std::uint32_t>(picture.width) * 3, '\0');
    }
    return file;
}

std::string png_claiming(std::uint32_t width, std::uint32_t height) {
    std::string file = "\x89PNG\r\n\x1a\n";
    std::string header;
    append_big_endian(header, width);
    append_big_endian(header, height);
    header += std::string("\x08\x02\x00\x00\x00", 5);
    append_chunk(file, "IHDR", header);
    append_chunk(file, "IDAT", std::string("\x78\x9c\x03\x00\x00\x00\x00\x01", 8));
    append_chunk(file, "IEND", "");
    return file;
}

std::string with_canvas(std::string webp, std::uint32_t width, std::uint32_t height) {
    for (std::size_t i = 0; i < 3; ++i) {
        webp.at(24 + i) = static_cast<char>((width - 1) >> (8 * i) & 0xFF);
        webp.at(27 + i) = static_cast<char>((height - 1) >> (8 * i) & 0xFF);
    }
    return webp;
}

Picture decode(const std::string& file) {
    start_once();
    auto* const image = vips_image_new_from_buffer(file.data(), file.size(), "", nullptr);
    require(image != nullptr);
    Picture picture{vips_image_get_width(image), vips_image_get_height(image), vips_image_get_bands(image), {}};
    picture.has_profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
    picture.has_exif = vips_image_get_typeof(image, VIPS_META_EXIF_NAME) != 0;
    std::size_t size = 0;
    auto* const memory = vips_image_write_to_memory(image, &size);
    require(memory != nullptr);
    picture.bytes.resize(size);
    std::memcpy(picture.bytes.data(), memory, size);
    g_free(memory);
    g_object_unref(image);
    return picture;
}

}  // namespace darkroom::images::testing
