// The instances of every upstream service and which of them to ask next. One loop's; not shared.
#pragma once

#include "services/gateway/config.hpp"
#include "services/gateway/domain/balancer.hpp"

namespace darkroom::gateway {

/// One service behind the gateway.
class Upstream {
public:
    Upstream(std::string service, std::vector<http::Origin> instances);

    const std::string& service() const { return service_; }
    const std::vector<http::Origin>& instances() const { return instances_; }
    Balancer& balancer() { return balancer_; }

private:
    std::string service_;
    std::vector<http::Origin> instances_;
    Balancer balancer_;
};

class Upstreams {
public:
    explicit Upstreams(const Instances& instances);
    /// `service` is one of those given; the route table was checked against them.
    Upstream& of(std::string_view service);
    std::map<std::string, Upstream, std::less<>>& all() { return upstreams_; }

private:
    std::map<std::string, Upstream, std::less<>> upstreams_;
};

}  // namespace darkroom::gateway
