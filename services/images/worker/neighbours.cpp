// Operations that mix neighbouring pixels: premultiplied, borders replicated.
#include "services/images/worker/gaussian.hpp"
#include "services/images/worker/operations.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace darkroom::images::worker {

namespace {

/// From here on the work is done on a smaller image: a kernel of hundreds of taps would take minutes for the same
/// picture.
constexpr double largest_direct_sigma = 4;

/// A wide blur leaves no detail that shrinking by a quarter of its sigma would lose. Averaging over `factor` pixels has itself
/// the variance (factor^2 - 1) / 12, and linear enlarging adds about factor^2 / 6; only the rest is left to blur.
Image blur_shrunk(const Image& image, double sigma) {
    const double factor = std::max(2.0, std::floor(sigma / 4));
    const double variance = sigma * sigma - (factor * factor - 1) / 12 - factor * factor / 6;
    const auto small =
        make([&](VipsImage** out) { return vips_shrink(image.get(), out, factor, factor, "ceil", TRUE, nullptr); });
    const auto blurred = convolve_gaussian(small, std::sqrt(variance) / factor);
    // Pixel centres must stay where they are: vips_resize would move the picture by half a pixel.
    const double shift = (factor - 1) / 2;
    auto* const interpolate = vips_interpolate_new("bilinear");
    auto* const area = vips_array_int_newv(4, 0, 0, image.width(), image.height());
    VipsImage* out = nullptr;
    const int failed = vips_affine(blurred.get(), &out, factor, 0, 0, factor, "interpolate", interpolate, "odx", shift, "ody",
                                   shift, "oarea", area, "extend", VIPS_EXTEND_COPY, nullptr);
    vips_area_unref(VIPS_AREA(area));
    g_object_unref(interpolate);
    if (failed != 0) throw VipsFailure();
    return Image::adopt(out);
}

Image blur(const Image& image, double sigma) {
    return sigma > largest_direct_sigma ? blur_shrunk(image, sigma) : convolve_gaussian(image, sigma);
}

/// Colours premultiplied, as floats.
Image weighted_colour(const Image& image) {
    return image.has_alpha() ? colour_of(premultiply(image)) : image;
}

/// Undoes the weighting, adds `offset`, and puts the untouched alpha back: an edge filter must not make a picture transparent.
Image finish_colour(const Image& weighted, const Image& original, double offset) {
    const auto shifted = [offset](const Image& colour) {
        return make([&](VipsImage** out) { return vips_linear1(colour.get(), out, 1, offset, nullptr); });
    };
    const auto named = [&](const Image& bytes) {
        return make([&](VipsImage** out) {
            return vips_copy(bytes.get(), out, "interpretation", vips_image_get_interpretation(original.get()), nullptr);
        });
    };
    if (!original.has_alpha()) return named(to_bytes(shifted(weighted)));
    const auto alpha = alpha_of(original);
    // The cast keeps with_alpha from widening alpha's range, and unpremultiply knows 255 as opaque from the interpretation.
    const auto plain =
        make([&](VipsImage** out) { return vips_unpremultiply(named(with_alpha(weighted, alpha)).get(), out, nullptr); });
    return named(with_alpha(to_bytes(shifted(colour_of(plain))), alpha));
}

/// A 3 x 3 kernel, rows from top to bottom, borders replicated.
Image convolve(const Image& image, const std::array<double, 9>& kernel, double scale, double offset) {
    const auto mask = Image::adopt(vips_image_new_matrix_from_array(3, 3, kernel.data(), 9));
    vips_image_set_double(mask.get(), "scale", scale);
    const auto weighted = weighted_colour(image);
    const auto convolved = make([&](VipsImage** out) {
        return vips_conv(weighted.get(), out, mask.get(), "precision", VIPS_PRECISION_FLOAT, nullptr);
    });
    return finish_colour(convolved, image, offset);
}

constexpr std::array<double, 9> edges{-1, -1, -1, -1, 8, -1, -1, -1, -1};

}  // namespace

Image gaussian_blur(const Image& image, const json::Object& parameters) {
    const double sigma = number(parameters, "sigma");
    return to_bytes(mix_premultiplied(image, [sigma](const Image& pixels) { return blur(pixels, sigma); }));
}

Image median_filter(const Image& image, const json::Object& parameters) {
    const auto size = static_cast<int>(number(parameters, "size"));
    return to_bytes(mix_premultiplied(image, [size](const Image& pixels) {
        return make([&](VipsImage** out) { return vips_median(pixels.get(), out, size, nullptr); });
    }));
}

Image unsharp_mask(const Image& image, const json::Object& parameters) {
    const double amount = number(parameters, "amount");
    const double threshold = number(parameters, "threshold");
    const auto weighted = weighted_colour(image);
    const auto blurred = blur(weighted, number(parameters, "sigma"));
    const auto difference = make([&](VipsImage** out) { return vips_subtract(weighted.get(), blurred.get(), out, nullptr); });
    const auto size = make([&](VipsImage** out) { return vips_abs(difference.get(), out, nullptr); });
    const auto exceeds = make([&](VipsImage** out) { return vips_more_const1(size.get(), out, threshold, nullptr); });
    const auto added = make([&](VipsImage** out) { return vips_linear1(difference.get(), out, amount, 0, nullptr); });
    const auto sharp = make([&](VipsImage** out) { return vips_add(weighted.get(), added.get(), out, nullptr); });
    const auto chosen =
        make([&](VipsImage** out) { return vips_ifthenelse(exceeds.get(), sharp.get(), weighted.get(), out, nullptr); });
    return finish_colour(chosen, image, 0);
}

// The kernels are Pillow's, which are written with the bottom row first.

Image sharpen(const Image& image, const json::Object&) {
    return convolve(image, {-2, -2, -2, -2, 32, -2, -2, -2, -2}, 16, 0);
}

Image emboss(const Image& image, const json::Object&) {
    return convolve(image, {0, 0, 0, 0, 1, 0, -1, 0, 0}, 1, 128);
}

Image find_edges(const Image& image, const json::Object&) {
    return convolve(image, edges, 1, 0);
}

Image contour(const Image& image, const json::Object&) {
    return convolve(image, edges, 1, 255);
}

}  // namespace darkroom::images::worker
