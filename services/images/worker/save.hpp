// Writing a result.
#pragma once

#include "services/images/worker/image.hpp"
#include "services/images/worker/protocol.hpp"

#include <functional>

namespace darkroom::images::worker {

struct OutputOptions {
    Format format{};
    int quality = default_quality;
    /// Where the format can; others take no notice.
    bool lossless = false;
    bool strip_metadata = true;
};

/// Encodes `image`, one frame or (with libvips' page-height) several one below the other, into `descriptor`; `on_progress` gets
/// 0..100. Throws Refused "result_too_large".
ImageFacts save_image(const Image& image, const OutputOptions& options, int descriptor,
                      const std::function<void(int)>& on_progress);

}  // namespace darkroom::images::worker
