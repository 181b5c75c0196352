// Name look-ups off the loop: Asio's resolver would use a thread of its own, which this loop does not allow.
#pragma once

#include "platform/async/cpu_pool.hpp"
#include "platform/core/time.hpp"

#include <string>
#include <vector>

namespace darkroom {

/// IP addresses of a host, in the system's order of preference; an address is returned as it is, without a look-up.
/// Failure{unavailable, "name_not_found"} when there is none. Bounded by the resolver's own time limit.
awaitable<std::vector<std::string>> resolve_host(CpuPool& cpu, std::string host);

}  // namespace darkroom
