#include "services/gateway/domain/balancer.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

constexpr Milliseconds first_rest{500};
constexpr Milliseconds longest_rest{10'000};

}  // namespace

Balancer::Balancer(std::size_t instances) : states_(instances) {}

std::size_t Balancer::pick(SteadyClock::time_point now) {
    auto best = next_ % states_.size();
    for (std::size_t offset = 0; offset < states_.size(); ++offset) {
        const auto candidate = (next_ + offset) % states_.size();
        if (is_up(candidate, now)) {
            best = candidate;
            break;
        }
        if (states_[candidate].down_until < states_[best].down_until) best = candidate;
    }
    next_ = best + 1;
    return best;
}

void Balancer::failed(std::size_t instance, SteadyClock::time_point now) {
    auto& state = states_[instance];
    state.rest = std::clamp(state.rest * 2, first_rest, longest_rest);
    state.down_until = now + state.rest;
}

void Balancer::succeeded(std::size_t instance) {
    states_[instance] = {};
}

}  // namespace darkroom::gateway
