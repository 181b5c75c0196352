// GET /services/health: every service asked at once.
#pragma once

#include "platform/http/client.hpp"
#include "platform/json/described.hpp"
#include "platform/service/health.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// Without addresses: the answer is public.
struct ServiceHealth {
    HealthStatus status = HealthStatus::unhealthy;
    double latency_ms = 0;
    std::int64_t instances = 1;
    std::int64_t instances_up = 0;
    std::optional<std::string> version{};
};
BOOST_DESCRIBE_STRUCT(ServiceHealth, (), (status, latency_ms, instances, instances_up, version))

using ServicesHealth = std::map<std::string, ServiceHealth>;

class HealthOfServices {
public:
    HealthOfServices(http::Client& client, Upstreams& upstreams, HealthChecks& own);

    /// At most a good second. A service is as healthy as its best instance.
    awaitable<ServicesHealth> read();

private:
    http::Client& client_;
    Upstreams& upstreams_;
    HealthChecks& own_;
};

}  // namespace darkroom::gateway
