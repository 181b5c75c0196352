// One function per transformation, found by its name in the catalogue (domain/transformations.cpp).
#pragma once

#include "services/images/worker/image.hpp"

#include "platform/json/described.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace darkroom::images::worker {

/// Pictures that a watermark is made of, by upload id; decoded, upright, 8 bits.
using Overlays = std::map<std::string, Image>;

/// A step whose parameters are bound: from one frame to the same frame after it.
using FrameOperation = std::function<Image(const Image&)>;

/// Takes 8-bit sRGB or gray pixels, with or without alpha, and returns the same kind. `parameters` are complete and checked.
struct Operation {
    std::string_view name;
    Image (*apply)(const Image& image, const json::Object& parameters);
    /// Reads rows out of order: the input must be in memory.
    bool random_access = false;
    /// Instead of `apply`, for what is decided or made once, by the first frame: or an animation would jump.
    FrameOperation (*prepare)(const Image& first, const json::Object& parameters, const Overlays& overlays) = nullptr;
};

/// nullptr for a name that has no operation.
const Operation* find_operation(std::string_view name);

/// The exact size `resize` gives, and the box it is padded or cut to.
struct ResizePlan {
    int scaled_width;
    int scaled_height;
    int width;
    int height;
};
ResizePlan plan_resize(int width, int height, const json::Object& parameters);
/// Cuts or pads an image that already has the plan's scaled size.
Image finish_resize(const Image& scaled, const ResizePlan& plan);

// colours.cpp
Image grayscale(const Image& image, const json::Object& parameters);
Image sepia(const Image& image, const json::Object& parameters);
Image invert(const Image& image, const json::Object& parameters);
Image brightness(const Image& image, const json::Object& parameters);
Image contrast(const Image& image, const json::Object& parameters);
Image saturation(const Image& image, const json::Object& parameters);
// geometry.cpp
Image resize(const Image& image, const json::Object& parameters);
Image thumbnail(const Image& image, const json::Object& parameters);
Image rotate(const Image& image, const json::Object& parameters);
Image flip(const Image& image, const json::Object& parameters);
FrameOperation crop(const Image& first, const json::Object& parameters, const Overlays& overlays);
// neighbours.cpp
Image gaussian_blur(const Image& image, const json::Object& parameters);
Image median_filter(const Image& image, const json::Object& parameters);
Image unsharp_mask(const Image& image, const json::Object& parameters);
Image sharpen(const Image& image, const json::Object& parameters);
Image emboss(const Image& image, const json::Object& parameters);
Image find_edges(const Image& image, const json::Object& parameters);
Image contour(const Image& image, const json::Object& parameters);

// watermark.cpp
FrameOperation watermark(const Image& first, const json::Object& parameters, const Overlays& overlays);

/// The parameters of the `resize` that a `thumbnail` is.
json::Object resize_of_thumbnail(const json::Object& parameters);

double number(const json::Object& parameters, std::string_view name);
bool flag(const json::Object& parameters, std::string_view name);
std::string text(const json::Object& parameters, std::string_view name);

}  // namespace darkroom::images::worker
