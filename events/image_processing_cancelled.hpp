// image.processing.cancelled: somebody has called the job off.
#pragma once

#include "events/processing_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct ImageProcessingCancelled : ProcessingFacts {
    static constexpr std::string_view type = "image.processing.cancelled";
};
BOOST_DESCRIBE_STRUCT(ImageProcessingCancelled, (ProcessingFacts), ())

}  // namespace darkroom::events
