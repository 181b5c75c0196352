// Asks every instance of a service that has several whether it is ready, so that a dead one is left out before a request finds
// out.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/client.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// Each second, with 800 ms to answer: who is away, hangs, drains or says 503 is left out within two seconds, then asked five
/// times a second and back at once when it is ready. Who has not been ready yet is left to the requests for the first five
/// seconds of this gateway: a whole system starts at once, and nobody is to be out because it came a moment after the gateway.
/// A service with one instance is not probed: there is nobody else to ask.
class InstanceProbes {
public:
    /// Probes run in `tasks`. Everything given outlives this.
    InstanceProbes(http::Client& client, Upstreams& upstreams, TaskGroup& tasks)
        : client_(client), upstreams_(upstreams), tasks_(tasks) {}

    /// After instances have come or gone: asks those that nobody asks yet.
    void follow();
    /// One question, and what follows from the answer.
    awaitable<> probe(const Upstream& upstream, std::shared_ptr<Instance> instance);

private:
    awaitable<bool> is_ready(const Instance& instance);
    awaitable<> watch(const Upstream& upstream, std::shared_ptr<Instance> instance);
    bool is_worth_watching(const Upstream& upstream, const std::shared_ptr<Instance>& instance) const;

    http::Client& client_;
    Upstreams& upstreams_;
    TaskGroup& tasks_;
    SteadyClock::time_point began_ = SteadyClock::now();
    std::vector<std::shared_ptr<Instance>> watched_;
};

}  // namespace darkroom::gateway
