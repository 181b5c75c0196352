// What a job's process may do: compute, read and write what it already has open, end. Nothing else.
#pragma once

#include "services/images/worker/protocol.hpp"

namespace darkroom::images::worker {

/// Bounds memory, processor time, output size and descriptors. Throws std::system_error.
void apply_limits(const Limits& limits);

/// No new privileges, and a system call filter: opening files and network is refused, anything exotic kills the process.
/// Cannot be undone. Throws std::runtime_error; the job must then not run.
void enter_sandbox();

}  // namespace darkroom::images::worker
