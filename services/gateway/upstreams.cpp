#include "services/gateway/upstreams.hpp"

#include "services/gateway/domain/errors.hpp"

namespace darkroom::gateway {

Upstream::Upstream(std::string service, std::vector<http::Origin> instances)
    : service_(std::move(service)), instances_(std::move(instances)), balancer_(instances_.size()) {}

Upstreams::Upstreams(const Instances& instances) {
    for (const auto& [service, origins] : instances) upstreams_.emplace(service, Upstream(service, origins));
}

Upstream& Upstreams::of(std::string_view service) {
    const auto found = upstreams_.find(service);
    if (found == upstreams_.end()) fail(upstream_unavailable(service));
    return found->second;
}

}  // namespace darkroom::gateway
