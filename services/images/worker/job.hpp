// One job in its own process, from the fork to its end.
#pragma once

#include <string_view>

namespace darkroom::images::worker {

struct JobDescriptors {
    int input = -1;
    int output = -1;
    int report = -1;
};

/// Runs in the forked process: limits, sandbox, work, report. `request` is a JobRequest as JSON. Never returns; the exit code
/// is 0 when a result or a refusal was reported.
[[noreturn]] void run_job_process(std::string_view request, const JobDescriptors& descriptors);

}  // namespace darkroom::images::worker
