// What every event of a processing tells.
#pragma once

#include "platform/json/described.hpp"

#include <optional>
#include <string>

namespace darkroom::events {

struct ProcessingFacts {
    std::string processing_id;
    std::string upload_id;
    /// The transformation, or the pipeline's name.
    std::string transformation_type;
    /// 0..100; 100 only when completed.
    int progress = 0;
    /// From the start of the work to its end; absent before.
    std::optional<std::int64_t> processing_time_ms;
    /// Why it failed; for people.
    std::optional<std::string> error;

    bool operator==(const ProcessingFacts&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProcessingFacts, (), (processing_id, upload_id, transformation_type, progress, processing_time_ms, error))

}  // namespace darkroom::events
