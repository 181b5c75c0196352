// Reading an input: what it is by its content, whether it may be decoded, and its pixels as plain 8-bit sRGB or gray.
#pragma once

#include "services/images/worker/image.hpp"
#include "services/images/worker/protocol.hpp"

#include <span>

namespace darkroom::images::worker {

/// Only these loaders may run at all; called once, before the first job.
void allow_known_formats();

/// The bytes of an input, mapped from its descriptor. The file must not shrink meanwhile (originals never change).
class Source {
public:
    /// Throws Refused "empty_file" for zero bytes.
    explicit Source(int descriptor);
    /// A part of another one, which must outlive it.
    Source(const Source& whole, std::int64_t offset, std::int64_t size);
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    void* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::span<const std::uint8_t> bytes() const { return {static_cast<const std::uint8_t*>(data_), size_}; }

private:
    void* data_;
    std::size_t size_;
    bool owned_ = true;
};

/// Reads the header only. Throws Refused: "unsupported_image", "damaged_image", "too_many_pixels".
ImageFacts look_at(const Source& source, const Limits& limits);

/// Decodes every pixel that a job may use to find damage: all frames of an animation, else the first; at an eighth of the size
/// where the format can do that.
void verify(const Source& source, const ImageFacts& facts);

/// What becomes of an embedded colour profile. A kept one stays attached, and the values mean what it says; where it cannot
/// stay (CMYK, a broken one) it is converted all the same.
enum class Profile { convert, keep };

/// The first frame, upright, 8 bits, sRGB or gray, with or without alpha. Lazy: damage shows when pixels are asked for.
/// `random` must be true when a later step reads rows out of order.
Image open_image(const Source& source, const ImageFacts& facts, bool random, Profile profile);

/// The frames of a GIF or WebP, in order and one at a time, each as open_image() gives the first one, in memory. They keep how
/// long they are shown ("delay", "loop").
class FrameReader {
public:
    FrameReader(const Source& source, Profile profile);

    int count() const { return count_; }
    /// At most `count()` times.
    Image next();

private:
    /// One below the other, decoded as they are asked for.
    Image roll_;
    int height_;
    int count_;
    int at_ = 0;
    Profile profile_;
};

/// The same, already scaled to exactly `width` x `height`, decoding no more than needed.
Image open_scaled(const Source& source, int width, int height, Profile profile);

}  // namespace darkroom::images::worker
