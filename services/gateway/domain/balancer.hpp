// Round robin over the instances of one upstream; who refuses a connection or is not ready is passed over for a while.
#pragma once

#include "platform/core/time.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::gateway {

/// Where an instance listens; `host` is a name or an address.
struct Address {
    std::string host;
    std::uint16_t port = 0;

    /// "host:port"
    std::string text() const { return host + ':' + std::to_string(port); }
    auto operator<=>(const Address&) const = default;
};

/// One instance and what is known of its health.
class Instance {
public:
    explicit Instance(Address address) : address_(std::move(address)) {}

    const Address& address() const { return address_; }
    bool is_up(SteadyClock::time_point now) const { return down_until_ <= now; }
    void failed(SteadyClock::time_point now);
    void succeeded();

private:
    friend class Balancer;
    Address address_;
    SteadyClock::time_point down_until_{};
    Milliseconds rest_{0};
};

class Balancer {
public:
    /// At least one.
    explicit Balancer(const std::vector<Address>& members);

    /// From now on these, at least one. Who stays keeps what is known of its health; requests that hold one that goes may
    /// finish with it.
    void set_members(const std::vector<Address>& members);
    const std::vector<std::shared_ptr<Instance>>& instances() const { return instances_; }
    /// The next instance that is up; when all are down, the one whose rest ends first: better a try than a certain 503.
    std::shared_ptr<Instance> pick(SteadyClock::time_point now);

private:
    std::vector<std::shared_ptr<Instance>> instances_;
    std::size_t next_ = 0;
};

}  // namespace darkroom::gateway
