#include "services/images/worker/operations.hpp"

#include <algorithm>
#include <array>

namespace darkroom::images::worker {

namespace {

/// What it says is done when the result is written, see pipeline.cpp.
Image convert(const Image& image, const json::Object&) {
    return image;
}

constexpr std::array table{
    Operation{"grayscale", &grayscale},
    Operation{"sepia", &sepia},
    Operation{"invert", &invert},
    Operation{"brightness", &brightness},
    // The mean is known only when every pixel has been seen.
    Operation{"contrast", &contrast, true},
    Operation{"saturation", &saturation},
    Operation{"gaussian_blur", &gaussian_blur},
    Operation{"median_filter", &median_filter},
    Operation{"unsharp_mask", &unsharp_mask},
    Operation{"sharpen", &sharpen},
    Operation{"rotate", &rotate, true},
    Operation{"flip", &flip, true},
    Operation{"resize", &resize},
    Operation{"crop", nullptr, true, &crop},
    Operation{"thumbnail", &thumbnail},
    Operation{"emboss", &emboss},
    Operation{"find_edges", &find_edges},
    Operation{"contour", &contour},
    Operation{"convert", &convert},
    Operation{"watermark", nullptr, false, &watermark},
};

}  // namespace

const Operation* find_operation(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Operation::name);
    return found == table.end() ? nullptr : &*found;
}

double number(const json::Object& parameters, std::string_view name) {
    return parameters.at(name).to_number<double>();
}

bool flag(const json::Object& parameters, std::string_view name) {
    return parameters.at(name).as_bool();
}

std::string text(const json::Object& parameters, std::string_view name) {
    return std::string(json::view(parameters.at(name).as_string()));
}

}  // namespace darkroom::images::worker
