// Point operations: they leave alpha alone.
#include "services/images/worker/operations.hpp"

namespace darkroom::images::worker {

Image grayscale(const Image& image, const json::Object&) {
    const auto colour = colour_of(image);
    if (colour.bands() < 3) return image;
    // Rec. 601 on the stored values. libvips' own conversion goes through linear light and gives Rec. 709 luminance.
    const auto weights = Image::adopt(vips_image_new_matrixv(3, 1, 0.299, 0.587, 0.114));
    const auto luma = make([&](VipsImage** out) { return vips_recomb(colour.get(), out, weights.get(), nullptr); });
    const auto bytes = to_bytes(luma);
    const auto gray =
        make([&](VipsImage** out) { return vips_copy(bytes.get(), out, "interpretation", VIPS_INTERPRETATION_B_W, nullptr); });
    return image.has_alpha() ? with_alpha(gray, alpha_of(image)) : gray;
}

}  // namespace darkroom::images::worker
