// Point operations: they leave alpha alone.
#include "services/images/worker/operations.hpp"

#include <array>
#include <cmath>

namespace darkroom::images::worker {

namespace {

// Rec. 601 on the stored values. libvips' own conversion goes through linear light and gives Rec. 709 luminance.
constexpr double red_weight = 0.299;
constexpr double green_weight = 0.587;
constexpr double blue_weight = 0.114;

Image like(const Image& image, VipsInterpretation interpretation) {
    return make([&](VipsImage** out) { return vips_copy(image.get(), out, "interpretation", interpretation, nullptr); });
}

/// Changes the colour bands by `operation` and puts alpha back.
template <class F>
Image beside_alpha(const Image& image, const F& operation) {
    const auto changed = to_bytes(operation(colour_of(image)));
    const auto interpretation = changed.bands() < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    const auto colour = like(changed, interpretation);
    return image.has_alpha() ? with_alpha(colour, alpha_of(image)) : colour;
}

Image recombine(const Image& colour, const std::array<double, 9>& matrix) {
    const auto weights = Image::adopt(vips_image_new_matrix_from_array(3, 3, matrix.data(), 9));
    return make([&](VipsImage** out) { return vips_recomb(colour.get(), out, weights.get(), nullptr); });
}

Image luma_of(const Image& colour) {
    if (colour.bands() < 3) return colour;
    const auto weights = Image::adopt(vips_image_new_matrixv(3, 1, red_weight, green_weight, blue_weight));
    return make([&](VipsImage** out) { return vips_recomb(colour.get(), out, weights.get(), nullptr); });
}

Image scaled(const Image& colour, double factor, double offset) {
    return make([&](VipsImage** out) { return vips_linear1(colour.get(), out, factor, offset, nullptr); });
}

/// The identity at 0, `matrix` at 1.
std::array<double, 9> blend_with_identity(const std::array<double, 9>& matrix, double share) {
    std::array<double, 9> blended{};
    for (std::size_t i = 0; i < 9; ++i) blended[i] = share * matrix[i] + (i % 4 == 0 ? 1 - share : 0);
    return blended;
}

Image to_rgb(const Image& colour) {
    if (colour.bands() >= 3) return colour;
    return make([&](VipsImage** out) { return vips_colourspace(colour.get(), out, VIPS_INTERPRETATION_sRGB, nullptr); });
}

}  // namespace

Image grayscale(const Image& image, const json::Object&) {
    return beside_alpha(image, [](const Image& colour) { return luma_of(colour); });
}

Image sepia(const Image& image, const json::Object& parameters) {
    // The usual matrix for it.
    constexpr std::array<double, 9> tone{0.393, 0.769, 0.189, 0.349, 0.686, 0.168, 0.272, 0.534, 0.131};
    const auto matrix = blend_with_identity(tone, number(parameters, "intensity"));
    return beside_alpha(image, [&](const Image& colour) { return recombine(to_rgb(colour), matrix); });
}

Image invert(const Image& image, const json::Object&) {
    return beside_alpha(image, [](const Image& colour) { return scaled(colour, -1, 255); });
}

Image brightness(const Image& image, const json::Object& parameters) {
    const double factor = number(parameters, "factor");
    return beside_alpha(image, [factor](const Image& colour) { return scaled(colour, factor, 0); });
}

Image contrast(const Image& image, const json::Object& parameters) {
    const double factor = number(parameters, "factor");
    return beside_alpha(image, [factor](const Image& colour) {
        double mean = 0;
        if (vips_avg(luma_of(colour).get(), &mean, nullptr) != 0) throw VipsFailure();
        return scaled(colour, factor, std::round(mean) * (1 - factor));
    });
}

Image saturation(const Image& image, const json::Object& parameters) {
    // 0 is gray: rows of luma weights. Above 1 it goes on in the same direction.
    constexpr std::array<double, 9> gray{red_weight,  green_weight, blue_weight,  red_weight, green_weight,
                                         blue_weight, red_weight,   green_weight, blue_weight};
    const auto matrix = blend_with_identity(gray, 1 - number(parameters, "factor"));
    return beside_alpha(image, [&](const Image& colour) { return colour.bands() < 3 ? colour : recombine(colour, matrix); });
}

}  // namespace darkroom::images::worker
