// A text or another picture over the image.
#include "services/images/worker/glyphs.hpp"
#include "services/images/worker/operations.hpp"
#include "services/images/worker/placement.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::images::worker {

namespace {

/// Of the shorter side, between the watermark and the edge.
constexpr double margin = 0.02;
/// The highest a watermark may be.
constexpr double most_of_height = 0.9;

Image coverage_image(const TextMask& mask) {
    return make([&](VipsImage** out) {
        *out = vips_image_new_from_memory_copy(mask.coverage.data(), mask.coverage.size(), mask.width, mask.height, 1,
                                               VIPS_FORMAT_UCHAR);
        return *out == nullptr ? -1 : 0;
    });
}

/// White letters on a soft dark edge, so that they can be read on any background.
Image text_overlay(const std::string& text) {
    const auto mask = coverage_image(draw_text(text));
    constexpr int edge = glyph_pixels / 12;
    const auto letters = make([&](VipsImage** out) {
        return vips_embed(mask.get(), out, edge, edge, mask.width() + 2 * edge, mask.height() + 2 * edge, nullptr);
    });
    const auto shade = make([&](VipsImage** out) { return vips_gaussblur(letters.get(), out, edge / 2.5, nullptr); });
    // The colour is the share of the letters in what covers: white inside, black around.
    const auto alpha = make([&](VipsImage** out) {
        VipsImage* both[]{letters.get(), shade.get()};
        return vips_maxpair(both[0], both[1], out, nullptr);
    });
    VipsImage* bands[]{letters.get(), letters.get(), letters.get(), alpha.get()};
    const auto joined = make([&](VipsImage** out) { return vips_bandjoin(bands, out, 4, nullptr); });
    return make(
        [&](VipsImage** out) { return vips_copy(joined.get(), out, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr); });
}

Image picture_overlay(const Overlays& overlays, const std::string& id) {
    const auto found = overlays.find(id);
    if (found == overlays.end()) throw Refused("overlay_missing", "the picture of the watermark is not there any more");
    const auto& picture = found->second;
    auto image = picture;
    if (image.bands() < 3) {
        image = make([&](VipsImage** out) { return vips_colourspace(picture.get(), out, VIPS_INTERPRETATION_sRGB, nullptr); });
    }
    if (image.has_alpha()) return image;
    return make([&](VipsImage** out) { return vips_addalpha(image.get(), out, nullptr); });
}

/// As wide as `scale` says, if it is not too high then. Nothing where not even two pixels would be left of it.
std::optional<Image> fitted(const Image& overlay, const Image& image, double scale) {
    const double by_width = scale * image.width() / overlay.width();
    const double by_height = most_of_height * image.height() / overlay.height();
    const double factor = std::min(by_width, by_height);
    const int width = static_cast<int>(std::lround(overlay.width() * factor));
    const int height = static_cast<int>(std::lround(overlay.height() * factor));
    if (width < 2 || height < 2) return std::nullopt;
    const auto scaled = make([&](VipsImage** out) {
        return vips_thumbnail_image(overlay.get(), out, width, "height", height, "size", VIPS_SIZE_FORCE, "no_rotate", TRUE,
                                    nullptr);
    });
    return to_bytes(scaled);
}

Image faded(const Image& overlay, double opacity) {
    const auto alpha = alpha_of(overlay);
    const auto weaker = make([&](VipsImage** out) { return vips_linear1(alpha.get(), out, opacity, 0, nullptr); });
    return with_alpha(colour_of(overlay), to_bytes(weaker));
}

/// The picture to put over `image`, in its colours; nothing where it would be too small to be seen.
std::optional<Image> mark_for(const Image& image, const json::Object& parameters, const Overlays& overlays) {
    const auto overlay = parameters.contains("text") ? text_overlay(text(parameters, "text"))
                                                     : picture_overlay(overlays, text(parameters, "upload_id"));
    const auto sized = fitted(overlay, image, number(parameters, "scale"));
    if (!sized) return std::nullopt;
    auto mark = faded(*sized, number(parameters, "opacity"));
    if (image.bands() < 3) {
        const auto space = vips_image_get_interpretation(image.get());
        mark = make([&](VipsImage** out) { return vips_colourspace(mark.get(), out, space, nullptr); });
    }
    return in_memory(mark);
}

Image put_over(const Image& image, const Image& mark, Corner corner) {
    const auto both = make([&](VipsImage** out) {
        return vips_composite2(image.get(), mark.get(), out, VIPS_BLEND_MODE_OVER, "x", corner.left, "y", corner.top,
                               "compositing_space", vips_image_get_interpretation(image.get()), nullptr);
    });
    const auto bytes = to_bytes(both);
    return image.has_alpha() ? bytes : colour_of(bytes);
}

}  // namespace

FrameOperation watermark(const Image& first, const json::Object& parameters, const Overlays& overlays) {
    const auto mark = mark_for(first, parameters, overlays);
    if (!mark) return [](const Image& image) { return image; };
    const int gap = static_cast<int>(std::lround(margin * std::min(first.width(), first.height())));
    const auto corner =
        place(text(parameters, "position"), first.width() - mark->width(), first.height() - mark->height(), gap);
    return [mark = *mark, corner](const Image& image) { return put_over(image, mark, corner); };
}

}  // namespace darkroom::images::worker
