// Asks every instance of a service that has several whether it is ready, so that a dead one is left out before a request finds
// out.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/client.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// Each second, with 800 ms to answer: who is away, hangs, drains or says 503 is left out within two seconds, then asked five
/// times a second and back at once when it is ready. Who has not been ready yet is left to the requests for the first five
/// seconds: a whole system starts at once, and nobody is to be out because it came a moment after the gateway. A service with
/// one instance is not probed: there is nobody else to ask.
class InstanceProbes {
public:
    InstanceProbes(http::Client& client, Upstreams& upstreams) : client_(client), upstreams_(upstreams) {}

    /// Spawns a task for each instance.
    void start(TaskGroup& tasks);
    /// One question, and what follows from the answer.
    awaitable<> probe(Upstream& upstream, std::size_t instance);

private:
    awaitable<bool> is_ready(const Upstream& upstream, std::size_t instance);
    awaitable<> watch(Upstream& upstream, std::size_t instance);

    http::Client& client_;
    Upstreams& upstreams_;
};

}  // namespace darkroom::gateway
