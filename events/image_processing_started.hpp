// image.processing.started: a worker has taken the job.
#pragma once

#include "events/processing_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct ImageProcessingStarted : ProcessingFacts {
    static constexpr std::string_view type = "image.processing.started";
};
BOOST_DESCRIBE_STRUCT(ImageProcessingStarted, (ProcessingFacts), ())

}  // namespace darkroom::events
