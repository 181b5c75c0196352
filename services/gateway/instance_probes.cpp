#include "services/gateway/instance_probes.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::gateway {

namespace {

constexpr Milliseconds interval = 1s;
constexpr Milliseconds interval_while_out = 200ms;
constexpr Milliseconds answer_deadline = 800ms;
constexpr Milliseconds start_grace = 5s;

void note(Upstream& upstream, std::size_t instance, bool ready) {
    const auto now = SteadyClock::now();
    const bool was_up = upstream.balancer().is_up(instance, now);
    if (ready != was_up) {
        log::info(ready ? "instance is back" : "instance is left out",
                  {{"service", upstream.service()}, {"instance", instance + 1}});
    }
    if (ready && !was_up) upstream.balancer().succeeded(instance);
    // Again and again: its rest never ends while it is not ready.
    if (!ready) upstream.balancer().failed(instance, now);
}

}  // namespace

void InstanceProbes::start(TaskGroup& tasks) {
    for (auto& [service, upstream] : upstreams_.all()) {
        if (upstream.instances().size() < 2) continue;
        for (std::size_t i = 0; i < upstream.instances().size(); ++i) tasks.spawn("probe of " + service, watch(upstream, i));
    }
}

awaitable<> InstanceProbes::watch(Upstream& upstream, std::size_t instance) {
    const auto began = SteadyClock::now();
    bool was_ready = false;
    while (true) {
        const bool ready = co_await is_ready(upstream, instance);
        was_ready = was_ready || ready;
        if (was_ready || SteadyClock::now() - began > start_grace) note(upstream, instance, ready);
        co_await pause_for(ready ? interval : interval_while_out);
    }
}

awaitable<> InstanceProbes::probe(Upstream& upstream, std::size_t instance) {
    const bool ready = co_await is_ready(upstream, instance);
    note(upstream, instance, ready);
}

awaitable<bool> InstanceProbes::is_ready(const Upstream& upstream, std::size_t instance) {
    const http::ClientRequest request{.target = "/health/ready", .deadline = answer_deadline};
    bool ready = false;
    try {
        const auto response = co_await client_.send(upstream.instances()[instance], request);
        ready = response.ok();
    } catch (const Failure&) {  // away or too slow: that is the answer
        ready = false;
    }
    co_return ready;
}

}  // namespace darkroom::gateway
