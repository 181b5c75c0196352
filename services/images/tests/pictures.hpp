// Images made by code, and results taken apart into pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::images::testing {

/// Rows of pixels, `bands` bytes each: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA.
struct Picture {
    int width = 0;
    int height = 0;
    int bands = 3;
    std::vector<std::uint8_t> bytes;
    /// Metadata of a decoded file.
    bool has_profile = false;
    bool has_exif = false;

    std::uint8_t at(int x, int y, int band) const { return bytes.at(static_cast<std::size_t>((y * width + x) * bands + band)); }
};

/// Looks like a photo to a codec: slow gradients and some grain, the same at every run.
Picture a_photo(int width, int height);
/// One colour; its size says whether there is alpha.
Picture a_plain(int width, int height, std::vector<std::uint8_t> colour);

/// libvips' notation: ".jpg[Q=90]", ".png", ".webp[lossless]", ".tif".
std::string encode(const Picture& picture, const std::string& format);
/// A JPEG that a viewer has to turn, as phones write them: EXIF orientation 1..8.
std::string encode_with_orientation(const Picture& picture, int orientation);
/// A JPEG whose values mean something else than sRGB: it carries libvips' built-in "p3" profile.
std::string encode_with_profile(const Picture& picture);
/// What a file carries beside its pixels; empty where it has none.
struct Metadata {
    int orientation = 0;
    /// From the EXIF data.
    std::string camera;
    std::string exif;
    std::string xmp;
    std::string iptc;
    std::string profile;
    bool has_small_picture = false;
};
/// A JPEG as a camera writes it: EXIF with orientation 6, a position and a small picture inside, XMP, IPTC, and the "p3"
/// profile.
std::string encode_with_metadata(const Picture& picture);
/// A gray JPEG whose profile says that its values are linear light.
std::string encode_linear_gray(const Picture& picture);
Metadata metadata_of(const std::string& file);

/// Frames of one size. Times are milliseconds; `loop` 0 is for ever.
struct Animation {
    std::vector<Picture> frames;
    std::vector<int> delays;
    int loop = 0;
};
/// ".gif" or ".webp[lossless]".
std::string encode_frames(const Animation& animation, const std::string& format);
/// A file of one frame has no delays.
Animation decode_frames(const std::string& file);

/// An animated GIF of equal frames.
std::string encode_animation(const Picture& picture, int frames);
/// Uncompressed, 24 bits, bottom row first.
std::string encode_bitmap(const Picture& picture);
/// A PNG of that size as its header says, with next to no data behind it.
std::string png_claiming(std::uint32_t width, std::uint32_t height);

/// An animated WebP with `width` and `height` written over those in its header; everything else stays as it is.
std::string with_canvas(std::string webp, std::uint32_t width, std::uint32_t height);

/// As stored: no rotation, no profile applied. Throws std::runtime_error when it is no image.
Picture decode(const std::string& file);

}  // namespace darkroom::images::testing
