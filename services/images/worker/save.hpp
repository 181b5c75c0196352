// Writing a result.
#pragma once

#include "services/images/worker/image.hpp"
#include "services/images/worker/protocol.hpp"

#include <functional>

namespace darkroom::images::worker {

/// Encodes `image` into `descriptor`; `on_progress` gets 0..100. Throws Refused "result_too_large".
ImageFacts save_image(const Image& image, Format format, int quality, int descriptor,
                      const std::function<void(int)>& on_progress);

}  // namespace darkroom::images::worker
