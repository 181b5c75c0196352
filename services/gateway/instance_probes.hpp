// Asks every instance of a service that has several whether it is ready, so that a dead one is left out before a request finds
// out.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/client.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// Each second, with 800 ms to answer: who is away, hangs, drains or says 503 is left out within two seconds and back within
/// one of being ready again. A service with one instance is not probed: there is nobody else to ask.
class InstanceProbes {
public:
    InstanceProbes(http::Client& client, Upstreams& upstreams) : client_(client), upstreams_(upstreams) {}

    /// Spawns a task for each instance.
    void start(TaskGroup& tasks);
    /// One question.
    awaitable<> probe(Upstream& upstream, std::size_t instance);

private:
    awaitable<> watch(Upstream& upstream, std::size_t instance);

    http::Client& client_;
    Upstreams& upstreams_;
};

}  // namespace darkroom::gateway
