#include "services/gateway/upstreams.hpp"

#include "services/gateway/domain/errors.hpp"

namespace darkroom::gateway {

namespace {

std::vector<Address> addresses_of(const std::vector<http::Origin>& origins) {
    std::vector<Address> addresses;
    for (const auto& origin : origins) addresses.push_back(address_of(origin));
    return addresses;
}

}  // namespace

Address address_of(const http::Origin& origin) {
    const std::string_view host = origin.host;
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    return {std::string(bracketed ? host.substr(1, host.size() - 2) : host), origin.port};
}

http::Origin origin_of(const Instance& instance) {
    const auto& [host, port] = instance.address();
    return {host.find(':') == std::string::npos ? host : '[' + host + ']', port};
}

Upstream::Upstream(std::string service, const std::vector<http::Origin>& configured)
    : service_(std::move(service)), configured_(addresses_of(configured)), balancer_(configured_) {}

Upstreams::Upstreams(const Instances& configured) {
    for (const auto& [service, origins] : configured) upstreams_.emplace(service, Upstream(service, origins));
}

Upstream& Upstreams::of(std::string_view service) {
    const auto found = upstreams_.find(service);
    if (found == upstreams_.end()) fail(upstream_unavailable(service));
    return found->second;
}

}  // namespace darkroom::gateway
