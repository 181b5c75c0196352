// From REDIS_URL to the server to connect to now; private to this module.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/redis/url.hpp"

namespace darkroom::redis {

/// Asks the Sentinels in turn for their master; of a cluster takes the `attempt`-th node (any of them carries its Pub/Sub).
/// A single server's URL comes back as it is. Throws std::runtime_error when no Sentinel knows.
awaitable<Url> locate_server(CpuPool& cpu, Url url, std::size_t attempt);

}  // namespace darkroom::redis
