// Operations that mix neighbouring pixels: premultiplied, borders replicated.
#include "services/images/worker/operations.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::images::worker {

namespace {

/// From here on the work is done on a smaller image: a kernel of hundreds of taps would take minutes for the same picture.
constexpr double largest_direct_sigma = 12;

Image blur_directly(const Image& image, double sigma) {
    // 0.2, libvips' default, cuts the bell where it still has a fifth of its height.
    const double smallest_weight = 0.01;
    const bool bytes = vips_image_get_format(image.get()) == VIPS_FORMAT_UCHAR;
    return make([&](VipsImage** out) {
        return vips_gaussblur(image.get(), out, sigma, "min_ampl", smallest_weight, "precision",
                              bytes ? VIPS_PRECISION_INTEGER : VIPS_PRECISION_FLOAT, nullptr);
    });
}

/// A wide blur leaves no detail that shrinking by a quarter of its sigma would lose. Averaging over `factor` pixels has itself
/// the variance (factor^2 - 1) / 12, and linear enlarging adds about factor^2 / 6; only the rest is left to blur.
Image blur_shrunk(const Image& image, double sigma) {
    const double factor = std::floor(sigma / 4);
    const double variance = sigma * sigma - (factor * factor - 1) / 12 - factor * factor / 6;
    const auto small =
        make([&](VipsImage** out) { return vips_shrink(image.get(), out, factor, factor, "ceil", TRUE, nullptr); });
    const auto blurred = blur_directly(small, std::sqrt(variance) / factor);
    const auto large =
        make([&](VipsImage** out) { return vips_resize(blurred.get(), out, factor, "kernel", VIPS_KERNEL_LINEAR, nullptr); });
    return make(
        [&](VipsImage** out) { return vips_extract_area(large.get(), out, 0, 0, image.width(), image.height(), nullptr); });
}

}  // namespace

Image gaussian_blur(const Image& image, const json::Object& parameters) {
    const double sigma = number(parameters, "sigma");
    const auto blur = [sigma](const Image& pixels) {
        return sigma > largest_direct_sigma ? blur_shrunk(pixels, sigma) : blur_directly(pixels, sigma);
    };
    return mix_premultiplied(image, blur);
}

}  // namespace darkroom::images::worker
