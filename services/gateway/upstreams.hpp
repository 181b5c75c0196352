// The instances of every upstream service and which of them to ask next. One loop's; not shared.
#pragma once

#include "services/gateway/config.hpp"
#include "services/gateway/domain/balancer.hpp"

namespace darkroom::gateway {

/// One service behind the gateway.
class Upstream {
public:
    Upstream(std::string service, const std::vector<http::Origin>& configured);

    const std::string& service() const { return service_; }
    /// What its variable says: where to look for instances.
    const std::vector<Address>& configured() const { return configured_; }
    Balancer& balancer() { return balancer_; }
    const std::vector<std::shared_ptr<Instance>>& instances() const { return balancer_.instances(); }

private:
    std::string service_;
    std::vector<Address> configured_;
    Balancer balancer_;
};

class Upstreams {
public:
    explicit Upstreams(const Instances& configured);
    /// `service` is one of those given; the route table was checked against them.
    Upstream& of(std::string_view service);
    std::map<std::string, Upstream, std::less<>>& all() { return upstreams_; }

private:
    std::map<std::string, Upstream, std::less<>> upstreams_;
};

/// An IPv6 address stands in brackets in one and bare in the other.
Address address_of(const http::Origin& origin);
http::Origin origin_of(const Instance& instance);

}  // namespace darkroom::gateway
