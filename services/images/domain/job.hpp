// The life of a processing: queued -> processing -> completed | failed | cancelled. No I/O: jobs_repository stores it,
// JobRunner drives it.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/time.hpp"

#include <boost/describe.hpp>

#include <optional>

namespace darkroom::images {

enum class JobStatus { queued, processing, completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(JobStatus, queued, processing, completed, failed, cancelled)

/// A final job never changes again.
bool is_final(JobStatus status);

/// Cancelling twice is harmless; cancelling what has ended otherwise is a conflict.
Result<void> check_cancel(JobStatus status);

struct RetryPolicy {
    /// A job that kills its process this often is poison.
    int max_crashes = 3;
    /// Also counts attempts that ended through no fault of the job: the service or the zygote was stopped under it.
    int max_attempts = 10;
    Milliseconds first_delay{200};
};

/// When to try again, or nothing: the job has failed for good. `crashes` and `attempts` include the one that just ended.
std::optional<Milliseconds> retry_delay(const RetryPolicy& policy, int crashes, int attempts);

/// Which percentages of a running job are worth telling: rising ones, not too many, and never 100, which only completion says.
class ProgressGate {
public:
    explicit ProgressGate(Milliseconds interval, int start = 0) : interval_(interval), last_(start) {}

    /// The percentage to tell now, if any.
    std::optional<int> offer(int percent, SteadyClock::time_point now);

private:
    Milliseconds interval_;
    int last_;
    std::optional<SteadyClock::time_point> told_;
};

}  // namespace darkroom::images
