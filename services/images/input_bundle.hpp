// What the worker gets when a job needs more than one picture: one file with all of them.
#pragma once

#include "platform/async/cpu_pool.hpp"
#include "services/images/descriptor.hpp"
#include "services/images/worker/protocol.hpp"

#include <string>
#include <utility>
#include <vector>

namespace darkroom::images {

struct InputBundle {
    /// Source first, in memory.
    Descriptor file;
    std::vector<worker::OverlaySlice> overlays;
};

/// By upload id. Throws std::system_error when memory or a file cannot be had.
using OverlayFiles = std::vector<std::pair<std::string, Descriptor>>;
awaitable<InputBundle> bundle_inputs(CpuPool& cpu, Descriptor source, OverlayFiles overlays);

}  // namespace darkroom::images
