// The rows. What they mean in pixels stands in API.md and in worker/.
#include "services/images/domain/transformations.hpp"

#include "platform/core/ids.hpp"

#include <algorithm>
#include <array>

namespace darkroom::images {

namespace {

constexpr Parameter number(std::string_view name, double minimum, double maximum, double fallback,
                           std::string_view description) {
    return {.name = name,
            .type = ParameterType::number,
            .description = description,
            .fallback = fallback,
            .minimum = minimum,
            .maximum = maximum};
}

/// No default: required, or absent.
constexpr Parameter pixels(std::string_view name, double minimum, bool required, std::string_view description) {
    return {.name = name,
            .type = ParameterType::integer,
            .description = description,
            .required = required,
            .minimum = minimum,
            .maximum = 16384};
}

constexpr Parameter flag(std::string_view name, bool fallback, std::string_view description) {
    return {.name = name, .type = ParameterType::boolean, .description = description, .fallback = fallback};
}

constexpr Parameter choice(std::string_view name, std::span<const std::string_view> choices, ParameterDefault fallback,
                           std::string_view description) {
    return {.name = name,
            .type = ParameterType::string,
            .description = description,
            .required = std::holds_alternative<std::monostate>(fallback),
            .fallback = fallback,
            .choices = choices};
}

constexpr std::array<std::string_view, 4> fits{"contain", "cover", "fill", "pad"};
constexpr std::array<std::string_view, 2> directions{"horizontal", "vertical"};
constexpr std::array<std::string_view, 10> gravities{"center", "north",     "northeast", "east",      "southeast",
                                                     "south",  "southwest", "west",      "northwest", "attention"};
constexpr std::array<std::string_view, 9> positions{"center", "north",     "northeast", "east",     "southeast",
                                                    "south",  "southwest", "west",      "northwest"};
constexpr std::array<std::string_view, 6> formats{"jpeg", "png", "webp", "avif", "tiff", "gif"};
constexpr std::array<std::string_view, 4> window_sizes{"3", "5", "7", "9"};

constexpr std::array sepia{number("intensity", 0, 1, 1, "From the original (0) to full sepia (1).")};
constexpr std::array factor{number("factor", 0, 4, 1.2, "1 changes nothing, less weakens, more strengthens.")};
constexpr std::array gaussian_blur{number("sigma", 0.1, 100, 2, "Standard deviation of the blur in pixels.")};
constexpr std::array median_filter{Parameter{.name = "size",
                                             .type = ParameterType::integer,
                                             .description = "Side of the window in pixels.",
                                             .fallback = 3.0,
                                             .choices = window_sizes}};
constexpr std::array unsharp_mask{
    number("sigma", 0.1, 50, 2, "Standard deviation of the blur in pixels."),
    number("amount", 0, 5, 1.5, "How much of the difference to the blur is added."),
    number("threshold", 0, 255, 0, "Differences up to this are left alone."),
};
constexpr std::array rotate{
    Parameter{.name = "angle",
              .type = ParameterType::number,
              .description = "Degrees clockwise.",
              .required = true,
              .minimum = -360,
              .maximum = 360},
    flag("expand", true, "Grow the canvas so that no corner is cut."),
    Parameter{.name = "background",
              .type = ParameterType::string,
              .description = "Colour of the uncovered corners, #rrggbb or #rrggbbaa.",
              .fallback = std::string_view("#00000000"),
              .well_formed = &is_colour},
};
constexpr std::array flip{choice("direction", directions, std::string_view("horizontal"), "Which way the image is mirrored.")};
constexpr std::array resize{
    pixels("width", 1, false, "Target width in pixels; without it the ratio is kept."),
    pixels("height", 1, false, "Target height in pixels; without it the ratio is kept."),
    choice("fit", fits, std::string_view("contain"),
           "contain fits inside the box, cover fills it and cuts, fill stretches, pad adds a border."),
    flag("upscale", false, "Enlarge images smaller than the target."),
};
constexpr std::array crop{
    pixels("width", 1, true, "Width of the part in pixels."),
    pixels("height", 1, true, "Height of the part in pixels."),
    pixels("x", 0, false, "Left edge; together with y, instead of gravity."),
    pixels("y", 0, false, "Top edge; together with x, instead of gravity."),
    choice("gravity", gravities, std::string_view("center"), "Where the part lies; attention looks for what draws the eye."),
};
constexpr std::array thumbnail{Parameter{.name = "size",
                                         .type = ParameterType::integer,
                                         .description = "Side of the square that the image fits inside.",
                                         .fallback = 256.0,
                                         .minimum = 16,
                                         .maximum = 2048}};
constexpr std::array convert{
    choice("format", formats, {}, "What the result is written as."),
    Parameter{.name = "quality",
              .type = ParameterType::integer,
              .description = "For formats that lose detail.",
              .fallback = 82.0,
              .minimum = 1,
              .maximum = 100},
    flag("lossless", false, "Lose no detail, where the format can (WebP, AVIF)."),
    flag("strip_metadata", true, "Leave out camera data, position and the like."),
};

constexpr std::array watermark{
    Parameter{.name = "text",
              .type = ParameterType::string,
              .description = "1 to 200 characters on one line; instead of upload_id.",
              .well_formed = &is_watermark_text},
    Parameter{.name = "upload_id",
              .type = ParameterType::string,
              .description = "A picture that you may see; instead of text.",
              .well_formed = &is_id},
    choice("position", positions, std::string_view("southeast"), "Where it lies."),
    number("opacity", 0, 1, 0.5, "From invisible (0) to covering (1)."),
    number("scale", 0.01, 1, 0.2, "Its width as a part of the image's."),
};

void require_one_mark(const json::Object& parameters, json::Problems& problems) {
    if (parameters.contains("text") != parameters.contains("upload_id")) return;
    const json::Problems::Step step(problems, std::string_view("text"));
    problems.add("is required, or upload_id, but not both");
}

void require_a_side(const json::Object& parameters, json::Problems& problems) {
    if (parameters.contains("width") || parameters.contains("height")) return;
    const json::Problems::Step step(problems, std::string_view("width"));
    problems.add("or height is required");
}

void require_both_edges(const json::Object& parameters, json::Problems& problems) {
    if (parameters.contains("x") == parameters.contains("y")) return;
    const json::Problems::Step step(problems, std::string_view(parameters.contains("x") ? "y" : "x"));
    problems.add("is required with the other edge");
}

constexpr std::array table{
    Transformation{"grayscale", "Removes colour (Rec. 601 luma); transparency is kept.", {}},
    Transformation{"sepia", "Tones brown, like an old print.", sepia},
    Transformation{"invert", "Turns into the negative.", {}},
    Transformation{"brightness", "Makes lighter or darker.", factor},
    Transformation{"contrast", "Moves values away from, or towards, the mean.", factor},
    Transformation{"saturation", "Makes colours stronger or weaker.", factor},
    Transformation{"gaussian_blur", "Blurs.", gaussian_blur},
    Transformation{"median_filter", "Removes specks: each pixel becomes the median around it.", median_filter},
    Transformation{"unsharp_mask", "Sharpens by the difference to a blur.", unsharp_mask},
    Transformation{"sharpen", "Sharpens a little.", {}},
    Transformation{"rotate", "Turns by any angle.", rotate},
    Transformation{"flip", "Mirrors.", flip},
    Transformation{"resize", "Changes the size.", resize, &require_a_side},
    Transformation{"crop", "Cuts a part out.", crop, &require_both_edges},
    Transformation{"thumbnail", "Shrinks to fit inside a square.", thumbnail},
    Transformation{"emboss", "Looks like a relief.", {}},
    Transformation{"find_edges", "Shows edges bright on black.", {}},
    Transformation{"contour", "Shows edges dark on white.", {}},
    Transformation{"convert", "Writes another format.", convert},
    Transformation{"watermark", "Puts a text or another picture over the image.", watermark, &require_one_mark},
};

}  // namespace

std::span<const Transformation> transformations() {
    return table;
}

const Transformation* find_transformation(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Transformation::name);
    return found == table.end() ? nullptr : &*found;
}

}  // namespace darkroom::images
