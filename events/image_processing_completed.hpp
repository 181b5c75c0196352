// image.processing.completed: the result can be downloaded.
#pragma once

#include "events/processing_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct ImageProcessingCompleted : ProcessingFacts {
    static constexpr std::string_view type = "image.processing.completed";
};
BOOST_DESCRIBE_STRUCT(ImageProcessingCompleted, (ProcessingFacts), ())

}  // namespace darkroom::events
