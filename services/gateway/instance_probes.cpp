#include "services/gateway/instance_probes.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

constexpr Milliseconds interval = 1s;
constexpr Milliseconds interval_while_out = 200ms;
constexpr Milliseconds answer_deadline = 800ms;
constexpr Milliseconds start_grace = 5s;

void note(const Upstream& upstream, Instance& instance, bool ready) {
    const auto now = SteadyClock::now();
    const bool was_up = instance.is_up(now);
    if (ready != was_up) {
        log::info(ready ? "instance is back" : "instance is left out",
                  {{"service", upstream.service()}, {"instance", instance.address().text()}});
    }
    if (ready && !was_up) instance.succeeded();
    // Again and again: its rest never ends while it is not ready.
    if (!ready) instance.failed(now);
}

}  // namespace

void InstanceProbes::follow() {
    for (auto& [service, upstream] : upstreams_.all()) {
        for (const auto& instance : upstream.instances()) {
            if (!is_worth_watching(upstream, instance) || std::ranges::find(watched_, instance) != watched_.end()) continue;
            watched_.push_back(instance);
            tasks_.spawn("probe of " + service, watch(upstream, instance));
        }
    }
}

bool InstanceProbes::is_worth_watching(const Upstream& upstream, const std::shared_ptr<Instance>& instance) const {
    const auto& instances = upstream.instances();
    return instances.size() > 1 && std::ranges::find(instances, instance) != instances.end();
}

awaitable<> InstanceProbes::watch(const Upstream& upstream, std::shared_ptr<Instance> instance) {
    bool was_ready = false;
    while (is_worth_watching(upstream, instance)) {
        const bool ready = co_await is_ready(*instance);
        was_ready = was_ready || ready;
        if (was_ready || SteadyClock::now() - began_ > start_grace) note(upstream, *instance, ready);
        co_await pause_for(ready ? interval : interval_while_out);
    }
    std::erase(watched_, instance);
}

awaitable<> InstanceProbes::probe(const Upstream& upstream, std::shared_ptr<Instance> instance) {
    const bool ready = co_await is_ready(*instance);
    note(upstream, *instance, ready);
}

awaitable<bool> InstanceProbes::is_ready(const Instance& instance) {
    const http::ClientRequest request{.target = "/health/ready", .deadline = answer_deadline};
    bool ready = false;
    try {
        const auto response = co_await client_.send(origin_of(instance), request);
        ready = response.ok();
    } catch (const Failure&) {  // away or too slow: that is the answer
        ready = false;
    }
    co_return ready;
}

}  // namespace darkroom::gateway
