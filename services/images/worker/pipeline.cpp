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

/// Decodes at the size a leading resize asks for: of a 12-megapixel JPEG only a quarter of the arithmetic is left.
Image open_resized(const Source& source, const ImageFacts& facts, const Step& step) {
    const auto plan = plan_resize(facts.width, facts.height, step.parameters);
    return finish_resize(open_scaled(source, plan.scaled_width, plan.scaled_height), plan);
}

}  // namespace

ImageFacts run_recipe(const Source& source, const ImageFacts& facts, const Recipe& recipe, int output,
                      const std::function<void(int)>& on_progress) {
    std::span<const Step> steps = recipe.steps;
    const auto reads_at_random = [](const Step& step) { return operation_of(step).random_access; };
    try {
        const bool scaled = !steps.empty() && steps.front().transformation_type == "resize" && facts.format != Format::bmp;
        auto image = scaled ? open_resized(source, facts, steps.front())
                            : open_image(source, facts, std::ranges::any_of(steps, reads_at_random));
        if (scaled) steps = steps.subspan(1);
        for (const auto& step : steps) {
            const auto& operation = operation_of(step);
            // Behind a scaled opening the input may still be read in order only.
            if (scaled && operation.random_access)
                image = make([&](VipsImage** out) {
                    *out = vips_image_copy_memory(image.get());
                    return *out == nullptr ? -1 : 0;
                });
            image = operation.apply(image, step.parameters);
        }
        return save_image(image, recipe.format.value_or(result_format(facts.format)), recipe.quality.value_or(default_quality),
                          output, on_progress);
    } catch (const VipsFailure& failure) {
        // Parameters are checked and sizes bounded before: what libvips still refuses is the data.
        throw Refused("damaged_image", std::string("the image is damaged or truncated: ") + failure.what());
    }
}

}  // namespace darkroom::images::worker
