// image.processing.failed: the job has failed for good.
#pragma once

#include "events/processing_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct ImageProcessingFailed : ProcessingFacts {
    static constexpr std::string_view type = "image.processing.failed";
};
BOOST_DESCRIBE_STRUCT(ImageProcessingFailed, (ProcessingFacts), ())

}  // namespace darkroom::events
