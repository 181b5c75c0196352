#include "services/images/worker/image.hpp"

#include "services/images/worker/protocol.hpp"

namespace darkroom::images::worker {

namespace {

std::string take_message() {
    std::string text = vips_error_buffer();
    vips_error_clear();
    if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
    return text;
}

}  // namespace

VipsFailure::VipsFailure() : std::runtime_error(take_message()) {}

Refused refusal_for(const VipsFailure& failure) {
    const std::string reason = failure.what();
    if (reason.find("out of memory") != std::string::npos) {
        return {too_much_memory, needs_too_much_memory};
    }
    return {"damaged_image", "the image is damaged or truncated: " + reason};
}

Image in_memory(const Image& image) {
    return make([&](VipsImage** out) {
        *out = vips_image_copy_memory(image.get());
        return *out == nullptr ? -1 : 0;
    });
}

Image colour_of(const Image& image) {
    if (!image.has_alpha()) return image;
    return make([&](VipsImage** out) { return vips_extract_band(image.get(), out, 0, "n", image.bands() - 1, nullptr); });
}

Image alpha_of(const Image& image) {
    return make([&](VipsImage** out) { return vips_extract_band(image.get(), out, image.bands() - 1, nullptr); });
}

Image with_alpha(const Image& colour, const Image& alpha) {
    return make([&](VipsImage** out) { return vips_bandjoin2(colour.get(), alpha.get(), out, nullptr); });
}

Image to_bytes(const Image& image) {
    if (vips_image_get_format(image.get()) == VIPS_FORMAT_UCHAR) return image;
    const auto rounded = make([&](VipsImage** out) { return vips_rint(image.get(), out, nullptr); });
    return make([&](VipsImage** out) { return vips_cast_uchar(rounded.get(), out, nullptr); });
}

Image premultiply(const Image& image) {
    return make([&](VipsImage** out) { return vips_premultiply(image.get(), out, nullptr); });
}

Image unpremultiply(const Image& image, const Image& like) {
    const auto plain = make([&](VipsImage** out) { return vips_unpremultiply(image.get(), out, nullptr); });
    const auto bytes = to_bytes(plain);
    return make([&](VipsImage** out) {
        return vips_copy(bytes.get(), out, "interpretation", vips_image_get_interpretation(like.get()), nullptr);
    });
}

}  // namespace darkroom::images::worker
