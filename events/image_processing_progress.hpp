// image.processing.progress: how far a running job is. Live only, never stored.
#pragma once

#include "events/processing_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct ImageProcessingProgress : ProcessingFacts {
    static constexpr std::string_view type = "image.processing.progress";
};
BOOST_DESCRIBE_STRUCT(ImageProcessingProgress, (ProcessingFacts), ())

}  // namespace darkroom::events
