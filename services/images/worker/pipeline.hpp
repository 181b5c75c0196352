// Runs a recipe over an input.
#pragma once

#include "services/images/worker/operations.hpp"
#include "services/images/worker/protocol.hpp"
#include "services/images/worker/source.hpp"

#include <functional>

namespace darkroom::images::worker {

struct RecipeRun {
    const Source& source;
    ImageFacts facts;
    const Recipe& recipe;
    const Overlays& overlays;
    /// Of the result of an animation: width x height x frames.
    std::int64_t max_pixels;
};

/// Every frame of an animation where the result's format animates, else the first. Throws Refused for what the image is to
/// blame for. `on_progress` gets 0..100 of the whole.
ImageFacts run_recipe(const RecipeRun& run, int output, const std::function<void(int)>& on_progress);

}  // namespace darkroom::images::worker
