#include "services/images/worker/pipeline.hpp"

#include "services/images/worker/operations.hpp"
#include "services/images/worker/save.hpp"

#include <algorithm>

namespace darkroom::images::worker {

namespace {

const Operation& operation_of(const Step& step) {
    const auto* operation = find_operation(step.transformation_type);
    if (operation == nullptr) throw Refused("unknown_transformation", "there is no operation " + step.transformation_type);
    return *operation;
}

/// The size a step asks for, when it is one that may be done while decoding: of a 12-megapixel JPEG only a quarter of the
/// arithmetic is left then.
std::optional<ResizePlan> leading_resize(const ImageFacts& facts, std::span<const Step> steps) {
    if (steps.empty() || facts.format == Format::bmp) return std::nullopt;
    const auto& step = steps.front();
    if (step.transformation_type == "resize") return plan_resize(facts.width, facts.height, step.parameters);
    if (step.transformation_type != "thumbnail") return std::nullopt;
    return plan_resize(facts.width, facts.height, resize_of_thumbnail(step.parameters));
}

/// The last `convert` decides; then the request; then the input's format.
OutputOptions output_of(const ImageFacts& facts, const Recipe& recipe) {
    OutputOptions options;
    options.format = recipe.format.value_or(result_format(facts.format));
    options.quality = recipe.quality.value_or(default_quality);
    for (const auto& step : recipe.steps) {
        if (step.transformation_type != "convert") continue;
        options.format = json::enum_from<Format>(text(step.parameters, "format")).value();
        options.quality = static_cast<int>(number(step.parameters, "quality"));
        options.lossless = flag(step.parameters, "lossless");
        options.strip_metadata = flag(step.parameters, "strip_metadata");
    }
    return options;
}

/// Kept with the other metadata: the values stay as they are then. Not where the result cannot carry it, or is of another kind
/// than the profile.
Profile profile_for(const OutputOptions& output, std::span<const Step> steps) {
    const auto changes_kind = [](const Step& step) {
        return step.transformation_type == "grayscale" || step.transformation_type == "sepia";
    };
    const bool kept = !output.strip_metadata && facts_of(output.format).holds_profile;
    return kept && std::ranges::none_of(steps, changes_kind) ? Profile::keep : Profile::convert;
}

/// Behind a scaled opening the input may still be read in order only.
Image in_memory(const Image& image) {
    return make([&](VipsImage** out) {
        *out = vips_image_copy_memory(image.get());
        return *out == nullptr ? -1 : 0;
    });
}

}  // namespace

ImageFacts run_recipe(const Source& source, const ImageFacts& facts, const Recipe& recipe, const Overlays& overlays, int output,
                      const std::function<void(int)>& on_progress) {
    std::span<const Step> steps = recipe.steps;
    const auto reads_at_random = [](const Step& step) { return operation_of(step).random_access; };
    const auto options = output_of(facts, recipe);
    const auto profile = profile_for(options, steps);
    try {
        const auto scaled = leading_resize(facts, steps);
        auto image = scaled ? finish_resize(open_scaled(source, scaled->scaled_width, scaled->scaled_height, profile), *scaled)
                            : open_image(source, facts, std::ranges::any_of(steps, reads_at_random), profile);
        if (scaled) steps = steps.subspan(1);
        for (const auto& step : steps) {
            const auto& operation = operation_of(step);
            if (scaled && operation.random_access) image = in_memory(image);
            image = operation.apply_with != nullptr ? operation.apply_with(image, step.parameters, overlays)
                                                    : operation.apply(image, step.parameters);
        }
        return save_image(image, options, output, on_progress);
    } catch (const VipsFailure& failure) {
        // Parameters are checked and sizes bounded before: what libvips still refuses is the data.
        throw Refused("damaged_image", std::string("the image is damaged or truncated: ") + failure.what());
    }
}

}  // namespace darkroom::images::worker
