// What changes size or position.
#include "services/images/worker/operations.hpp"
#include "services/images/worker/placement.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace darkroom::images::worker {

namespace {

int rounded(double size) {
    return std::max(1, static_cast<int>(std::lround(size)));
}

/// Transparent where `image` is not; an image without alpha gets one.
Image with_transparency(const Image& image) {
    if (image.has_alpha()) return image;
    return make([&](VipsImage** out) { return vips_addalpha(image.get(), out, nullptr); });
}

/// "#rrggbb[aa]" in the bands of `image`, alpha included where it has one.
std::vector<double> background_of(const Image& image, const std::string& colour) {
    const auto channel = [&](std::size_t at) { return static_cast<double>(std::stoi(colour.substr(at, 2), nullptr, 16)); };
    const double red = channel(1);
    const double green = channel(3);
    const double blue = channel(5);
    std::vector<double> values{red, green, blue};
    if (image.bands() < 3) values = {std::round(0.299 * red + 0.587 * green + 0.114 * blue)};
    if (image.has_alpha()) values.push_back(colour.size() == 9 ? channel(7) : 255.0);
    return values;
}

Image rotate_quarters(const Image& image, VipsAngle angle) {
    return make([&](VipsImage** out) { return vips_rot(image.get(), out, angle, nullptr); });
}

/// The middle of `image`, or `image` in the middle of a canvas, or both.
Image centred(const Image& image, int width, int height, const std::vector<double>& background) {
    if (image.width() == width && image.height() == height) return image;
    const int left = (width - image.width()) / 2;
    const int top = (height - image.height()) / 2;
    auto* const array = vips_array_double_new(background.data(), static_cast<int>(background.size()));
    const auto call = [&](VipsImage** out) {
        return vips_embed(image.get(), out, left, top, width, height, "extend", VIPS_EXTEND_BACKGROUND, "background", array,
                          nullptr);
    };
    // vips_embed takes negative offsets: it cuts as well as it pads.
    VipsImage* out = nullptr;
    const int failed = call(&out);
    vips_area_unref(VIPS_AREA(array));
    if (failed != 0) throw VipsFailure();
    return Image::adopt(out);
}

Image rotate_freely(const Image& image, double angle, const std::vector<double>& background) {
    auto* const array = vips_array_double_new(background.data(), static_cast<int>(background.size()));
    auto* const interpolate = vips_interpolate_new("bicubic");
    VipsImage* out = nullptr;
    const int failed =
        vips_similarity(image.get(), &out, "angle", angle, "interpolate", interpolate, "background", array, nullptr);
    g_object_unref(interpolate);
    vips_area_unref(VIPS_AREA(array));
    if (failed != 0) throw VipsFailure();
    const auto turned = Image::adopt(out);
    return to_bytes(turned);
}

/// The left top corner of the part that draws the eye.
Corner find_attention(const Image& image, int width, int height) {
    const auto part = make([&](VipsImage** out) {
        return vips_smartcrop(image.get(), out, width, height, "interesting", VIPS_INTERESTING_ATTENTION, nullptr);
    });
    return {-vips_image_get_xoffset(part.get()), -vips_image_get_yoffset(part.get())};
}

}  // namespace

ResizePlan plan_resize(int width, int height, const json::Object& parameters) {
    const bool has_width = parameters.contains("width");
    const bool has_height = parameters.contains("height");
    const bool upscale = flag(parameters, "upscale");
    const auto fit = text(parameters, "fit");
    const double ratio_x = has_width ? number(parameters, "width") / width : 0;
    const double ratio_y = has_height ? number(parameters, "height") / height : 0;
    // One side given: every fit keeps the ratio.
    double scale_x = has_width ? ratio_x : ratio_y;
    double scale_y = has_height ? ratio_y : ratio_x;
    if (has_width && has_height && fit != "fill") {
        scale_x = scale_y = fit == "cover" ? std::max(ratio_x, ratio_y) : std::min(ratio_x, ratio_y);
    }
    if (!upscale) {
        scale_x = std::min(scale_x, 1.0);
        scale_y = std::min(scale_y, 1.0);
    }
    ResizePlan plan{};
    plan.width = plan.scaled_width = rounded(width * scale_x);
    plan.height = plan.scaled_height = rounded(height * scale_y);
    if (has_width && has_height && (fit == "cover" || fit == "pad")) {
        const auto box_width = static_cast<int>(number(parameters, "width"));
        const auto box_height = static_cast<int>(number(parameters, "height"));
        plan.width = fit == "pad" ? box_width : std::min(box_width, plan.scaled_width);
        plan.height = fit == "pad" ? box_height : std::min(box_height, plan.scaled_height);
    }
    return plan;
}

Image finish_resize(const Image& scaled, const ResizePlan& plan) {
    const bool pads = plan.width > scaled.width() || plan.height > scaled.height();
    const auto image = pads ? with_transparency(scaled) : scaled;
    return centred(image, plan.width, plan.height, background_of(image, "#00000000"));
}

Image resize(const Image& image, const json::Object& parameters) {
    const auto plan = plan_resize(image.width(), image.height(), parameters);
    // Premultiplies by itself.
    const auto scaled = make([&](VipsImage** out) {
        return vips_thumbnail_image(image.get(), out, plan.scaled_width, "height", plan.scaled_height, "size", VIPS_SIZE_FORCE,
                                    "no_rotate", TRUE, nullptr);
    });
    return finish_resize(to_bytes(scaled), plan);
}

Image rotate(const Image& image, const json::Object& parameters) {
    const double full_turn = 360;
    const double angle = std::fmod(std::fmod(number(parameters, "angle"), full_turn) + full_turn, full_turn);
    if (angle == 0) return image;
    const auto colour = text(parameters, "background");
    const bool quarter = std::fmod(angle, 90) == 0;
    const bool see_through = colour.size() == 9 && !colour.ends_with("ff") && !colour.ends_with("FF");
    const bool uncovers = !quarter || !flag(parameters, "expand");
    const auto canvas = uncovers && see_through ? with_transparency(image) : image;
    const auto background = background_of(canvas, colour);
    const auto turned = quarter ? rotate_quarters(canvas, static_cast<VipsAngle>(static_cast<int>(angle) / 90))
                                : rotate_freely(canvas, angle, background);
    if (flag(parameters, "expand")) return turned;
    return centred(turned, image.width(), image.height(), background);
}

Image thumbnail(const Image& image, const json::Object& parameters) {
    return resize(image, resize_of_thumbnail(parameters));
}

json::Object resize_of_thumbnail(const json::Object& parameters) {
    return {{"width", parameters.at("size")}, {"height", parameters.at("size")}, {"fit", "contain"}, {"upscale", false}};
}

Image flip(const Image& image, const json::Object& parameters) {
    const auto direction = text(parameters, "direction") == "vertical" ? VIPS_DIRECTION_VERTICAL : VIPS_DIRECTION_HORIZONTAL;
    return make([&](VipsImage** out) { return vips_flip(image.get(), out, direction, nullptr); });
}

FrameOperation crop(const Image& image, const json::Object& parameters, const Overlays&) {
    const auto width = static_cast<int>(number(parameters, "width"));
    const auto height = static_cast<int>(number(parameters, "height"));
    const bool placed = parameters.contains("x");
    const int x = placed ? static_cast<int>(number(parameters, "x")) : 0;
    const int y = placed ? static_cast<int>(number(parameters, "y")) : 0;
    if (x + width > image.width() || y + height > image.height()) {
        throw Refused("crop_outside_image", "the part to cut out does not lie inside the image, which has " +
                                                std::to_string(image.width()) + " x " + std::to_string(image.height()) +
                                                " pixels");
    }
    const auto gravity = text(parameters, "gravity");
    auto corner = placed ? Corner{x, y} : place(gravity, image.width() - width, image.height() - height);
    if (!placed && gravity == "attention") corner = find_attention(image, width, height);
    return [corner, width, height](const Image& frame) {
        return make([&](VipsImage** out) {
            return vips_extract_area(frame.get(), out, corner.left, corner.top, width, height, nullptr);
        });
    };
}

}  // namespace darkroom::images::worker
