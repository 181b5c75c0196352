#include "services/images/domain/job.hpp"

#include "platform/json/described.hpp"
#include "services/images/domain/errors.hpp"

#include <algorithm>

namespace darkroom::images {

bool is_final(JobStatus status) {
    switch (status) {
        case JobStatus::queued:
        case JobStatus::processing: return false;
        case JobStatus::completed:
        case JobStatus::failed:
        case JobStatus::cancelled: return true;
    }
    return true;
}

Result<void> check_cancel(JobStatus status) {
    if (status == JobStatus::completed || status == JobStatus::failed) return processing_finished(json::enum_text(status));
    return {};
}

std::optional<Milliseconds> retry_delay(const RetryPolicy& policy, int crashes, int attempts) {
    if (crashes >= policy.max_crashes || attempts >= policy.max_attempts) return std::nullopt;
    // Without a crash nothing speaks against trying at once.
    if (crashes == 0) return Milliseconds{0};
    return policy.first_delay * (1 << std::min(crashes - 1, 10));
}

std::optional<int> ProgressGate::offer(int percent, SteadyClock::time_point now) {
    percent = std::min(percent, 99);
    if (percent <= last_) return std::nullopt;
    if (told_ && now - *told_ < interval_) return std::nullopt;
    last_ = percent;
    told_ = now;
    return percent;
}

}  // namespace darkroom::images
