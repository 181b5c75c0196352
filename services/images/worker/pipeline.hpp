// Runs a recipe over an input.
#pragma once

#include "services/images/worker/operations.hpp"
#include "services/images/worker/protocol.hpp"
#include "services/images/worker/source.hpp"

#include <functional>

namespace darkroom::images::worker {

/// Throws Refused for what the image is to blame for. `on_progress` gets 0..100 of the whole.
ImageFacts run_recipe(const Source& source, const ImageFacts& facts, const Recipe& recipe, const Overlays& overlays, int output,
                      const std::function<void(int)>& on_progress);

}  // namespace darkroom::images::worker
