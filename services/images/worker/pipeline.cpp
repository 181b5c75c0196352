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

FrameOperation prepare(const Step& step, const Image& first, const Overlays& overlays) {
    const auto& operation = operation_of(step);
    if (operation.prepare != nullptr) return operation.prepare(first, step.parameters, overlays);
    return [&operation, &step](const Image& image) { return operation.apply(image, step.parameters); };
}

Image run_still(const RecipeRun& run, Profile profile) {
    std::span<const Step> steps = run.recipe.steps;
    const auto reads_at_random = [](const Step& step) { return operation_of(step).random_access; };
    const auto scaled = leading_resize(run.facts, steps);
    auto image = scaled ? finish_resize(open_scaled(run.source, scaled->scaled_width, scaled->scaled_height, profile), *scaled)
                        : open_image(run.source, run.facts, std::ranges::any_of(steps, reads_at_random), profile);
    if (scaled) steps = steps.subspan(1);
    for (const auto& step : steps) {
        // Behind a scaled opening the input may still be read in order only.
        if (scaled && reads_at_random(step)) image = in_memory(image);
        image = prepare(step, image, run.overlays)(image);
    }
    return image;
}

void refuse_too_many_pixels(const Image& frame, int count, std::int64_t max_pixels) {
    if (std::int64_t{frame.width()} * frame.height() <= max_pixels / count) return;
    throw Refused("result_too_large", std::to_string(frame.width()) + " x " + std::to_string(frame.height()) + " pixels x " +
                                          std::to_string(count) + " frames is more than " + std::to_string(max_pixels) +
                                          " pixels");
}

/// One below the other, as the encoders want them.
Image join(std::vector<Image> frames) {
    std::vector<VipsImage*> pointers;
    for (const auto& frame : frames) pointers.push_back(frame.get());
    const auto joined = make([&](VipsImage** out) {
        return vips_arrayjoin(pointers.data(), out, static_cast<int>(pointers.size()), "across", 1, nullptr);
    });
    const auto roll = make([&](VipsImage** out) { return vips_copy(joined.get(), out, nullptr); });
    vips_image_set_int(roll.get(), VIPS_META_PAGE_HEIGHT, frames.front().height());
    return roll;
}

/// Frame by frame: only one source frame is in memory at a time, beside the finished ones, which max_pixels bounds.
Image run_frames(const RecipeRun& run, Profile profile, const std::function<void(int)>& on_progress) {
    FrameReader reader(run.source, profile);
    std::vector<FrameOperation> operations;
    std::vector<Image> done;
    while (std::ssize(done) < reader.count()) {
        auto image = reader.next();
        if (done.empty()) {
            for (const auto& step : run.recipe.steps) {
                operations.push_back(prepare(step, image, run.overlays));
                image = operations.back()(image);
            }
            refuse_too_many_pixels(image, reader.count(), run.max_pixels);
        } else {
            for (const auto& operation : operations) image = operation(image);
        }
        done.push_back(in_memory(image));
        on_progress(static_cast<int>(100 * std::ssize(done) / reader.count()));
    }
    return join(std::move(done));
}

/// All pixels are there: what fails now is the encoder, and for want of memory.
ImageFacts save_frames(const Image& roll, const OutputOptions& options, int output,
                       const std::function<void(int)>& on_progress) {
    try {
        return save_image(roll, options, output, on_progress);
    } catch (const VipsFailure& failure) {
        throw Refused("result_too_large", std::string("the result is too large to be written: ") + failure.what());
    }
}

}  // namespace

ImageFacts run_recipe(const RecipeRun& run, int output, const std::function<void(int)>& on_progress) {
    const auto options = output_of(run.facts, run.recipe);
    const auto profile = profile_for(options, run.recipe.steps);
    const bool animated = is_animation(run.facts) && facts_of(options.format).animates;
    // What is written as it is computed has one progress, an animation has two: its frames, then its file.
    const auto first_half = [&](int percent) { on_progress(percent / 2); };
    const auto second_half = [&](int percent) { on_progress(50 + percent / 2); };
    try {
        if (!animated) return save_image(run_still(run, profile), options, output, on_progress);
        return save_frames(run_frames(run, profile, first_half), options, output, second_half);
    } catch (const VipsFailure& failure) {
        throw refusal_for(failure);
    }
}

}  // namespace darkroom::images::worker
