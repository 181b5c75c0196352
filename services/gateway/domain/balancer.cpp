#include "services/gateway/domain/balancer.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

constexpr Milliseconds first_rest{500};
constexpr Milliseconds longest_rest{10'000};

}  // namespace

void Instance::failed(SteadyClock::time_point now) {
    rest_ = std::clamp(rest_ * 2, first_rest, longest_rest);
    down_until_ = now + rest_;
}

void Instance::succeeded() {
    down_until_ = {};
    rest_ = Milliseconds{0};
}

Balancer::Balancer(const std::vector<Address>& members) {
    set_members(members);
}

void Balancer::set_members(const std::vector<Address>& members) {
    std::vector<std::shared_ptr<Instance>> instances;
    for (const auto& member : members) {
        const auto found = std::ranges::find(instances_, member, [](const auto& instance) { return instance->address(); });
        instances.push_back(found != instances_.end() ? *found : std::make_shared<Instance>(member));
    }
    instances_ = std::move(instances);
}

std::shared_ptr<Instance> Balancer::pick(SteadyClock::time_point now) {
    const auto count = instances_.size();
    auto best = next_ % count;
    for (std::size_t offset = 0; offset < count; ++offset) {
        const auto candidate = (next_ + offset) % count;
        if (instances_[candidate]->is_up(now)) {
            best = candidate;
            break;
        }
        if (instances_[candidate]->down_until_ < instances_[best]->down_until_) best = candidate;
    }
    next_ = best + 1;
    return instances_[best];
}

}  // namespace darkroom::gateway
