// Round robin over the instances of one upstream, with passive health: who refuses a connection is passed over for a while.
#pragma once

#include "platform/core/time.hpp"

#include <vector>

namespace darkroom::gateway {

class Balancer {
public:
    /// `instances` is at least 1.
    explicit Balancer(std::size_t instances);

    /// The next instance that is up; when all are down, the one whose rest ends first: better a try than a certain 503.
    std::size_t pick(SteadyClock::time_point now);
    void failed(std::size_t instance, SteadyClock::time_point now);
    void succeeded(std::size_t instance);
    bool is_up(std::size_t instance, SteadyClock::time_point now) const { return states_[instance].down_until <= now; }
    std::size_t size() const { return states_.size(); }

private:
    struct State {
        SteadyClock::time_point down_until{};
        Milliseconds rest{0};
    };
    std::vector<State> states_;
    std::size_t next_ = 0;
};

}  // namespace darkroom::gateway
