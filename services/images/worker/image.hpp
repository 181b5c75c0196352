// Ownership and errors around libvips' C interface.
#pragma once

#include <vips/vips.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace darkroom::images::worker {

/// Something the image itself is to blame for, with the code the API shows.
class Refused : public std::runtime_error {
public:
    Refused(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
    const char* code() const noexcept { return code_; }

private:
    const char* code_;
};

/// libvips said no; what() is its first line. Takes and clears libvips' error buffer.
class VipsFailure : public std::runtime_error {
public:
    VipsFailure();
};

/// What to tell of a failure while pixels were read or computed: parameters are checked and sizes bounded before, so it is the
/// data, unless memory was short.
Refused refusal_for(const VipsFailure& failure);

/// One reference to a VipsImage. Copies share it: images never change, operations make new ones.
class Image {
public:
    /// Takes the reference over.
    static Image adopt(VipsImage* image) { return Image(image); }
    Image(const Image& other) : image_(other.image_) { g_object_ref(image_); }
    Image(Image&& other) noexcept : image_(std::exchange(other.image_, nullptr)) {}
    Image& operator=(Image other) noexcept {
        std::swap(image_, other.image_);
        return *this;
    }
    ~Image() {
        if (image_ != nullptr) g_object_unref(image_);
    }

    VipsImage* get() const noexcept { return image_; }
    int width() const { return vips_image_get_width(image_); }
    int height() const { return vips_image_get_height(image_); }
    int bands() const { return vips_image_get_bands(image_); }
    bool has_alpha() const { return vips_image_hasalpha(image_) != 0; }

private:
    explicit Image(VipsImage* image) : image_(image) {}
    VipsImage* image_;
};

/// Calls a libvips operation: `make([&](VipsImage** out) { return vips_invert(in.get(), out, nullptr); })`.
template <class Call>
Image make(const Call& call) {
    VipsImage* out = nullptr;
    if (call(&out) != 0) throw VipsFailure();
    return Image::adopt(out);
}

/// Computes every pixel now.
Image in_memory(const Image& image);

/// The pixels without alpha, and alpha alone. `alpha` needs has_alpha().
Image colour_of(const Image& image);
Image alpha_of(const Image& image);
Image with_alpha(const Image& colour, const Image& alpha);

/// Rounds to the nearest 8-bit value; libvips' own cast cuts.
Image to_bytes(const Image& image);
/// Applies `operation` where neighbours mix: premultiplied, so that the colour of transparent pixels does not bleed.
template <class F>
Image mix_premultiplied(const Image& image, const F& operation);

Image premultiply(const Image& image);
/// Back to 8-bit pixels with plain alpha, of the interpretation `like` has.
Image unpremultiply(const Image& image, const Image& like);

template <class F>
Image mix_premultiplied(const Image& image, const F& operation) {
    if (!image.has_alpha()) return operation(image);
    return unpremultiply(operation(premultiply(image)), image);
}

}  // namespace darkroom::images::worker
