// The endpoints that every service has: GET /, /health, /health/live, /health/ready, /metrics.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/service/health.hpp"
#include "platform/telemetry/metrics.hpp"

namespace darkroom {

class SystemApi {
public:
    SystemApi(HealthChecks& health, telemetry::Metrics& metrics, std::string service)
        : health_(health), metrics_(metrics), service_(std::move(service)) {}

    static const http::Endpoints<SystemApi>& endpoints();

    awaitable<http::Response> read_root(http::Context& context);
    awaitable<http::Response> read_health();
    awaitable<http::Response> read_liveness();
    awaitable<http::Response> read_readiness();
    awaitable<http::Response> read_metrics();

private:
    HealthChecks& health_;
    telemetry::Metrics& metrics_;
    std::string service_;
};

}  // namespace darkroom
