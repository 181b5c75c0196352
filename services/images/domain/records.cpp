#include "services/images/domain/records.hpp"

namespace darkroom::images {

std::optional<std::int64_t> processing_time_ms(const StoredJob& job) {
    if (!job.started_at || !job.finished_at) return std::nullopt;
    return std::chrono::duration_cast<Milliseconds>(*job.finished_at - *job.started_at).count();
}

}  // namespace darkroom::images
