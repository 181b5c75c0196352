#include "platform/service/system_api.hpp"

#include "platform/service/service.hpp"

namespace darkroom {

using http::Access;
using http::Response;
using http::Verb;

namespace {

Response bare(const HealthReport& report) {
    const int status = report.status == HealthStatus::unhealthy ? 503 : 200;
    auto response = Response::text(status, "application/json", json::serialize(json::encode(report)));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

}  // namespace

const http::Endpoints<SystemApi>& SystemApi::endpoints() {
    static const http::Endpoints<SystemApi> table{
        {Verb::get, "/", Access::open, &SystemApi::read_root, "Name, version and status of this service."},
        {Verb::get, "/health", Access::open, &SystemApi::read_health, "Health of this service and of what it depends on."},
        {Verb::get, "/health/live", Access::open, &SystemApi::read_liveness, "200 while the process answers at all."},
        {Verb::get, "/health/ready", Access::open, &SystemApi::read_readiness, "200 while requests can be served."},
        {Verb::get,
         "/metrics",
         Access::open,
         &SystemApi::read_metrics,
         "Metrics in Prometheus text format.",
         {.response_type = "text/plain"}},
    };
    return table;
}

awaitable<Response> SystemApi::read_root(http::Context& context) {
    const auto report = co_await health_.report();
    const json::Object facts{{"service", service_}, {"version", report.version}, {"status", json::encode(report.status)}};
    // In the envelope as everything else, and bare beside it: probes of the older system read the members from the top.
    json::Object document{{"success", true},
                          {"message", service_ + " is " + std::string(json::enum_text(report.status))},
                          {"data", facts},
                          {"timestamp", to_rfc3339(report.timestamp)},
                          {"correlation_id", context.correlation_id.text()}};
    for (const auto& fact : facts) document.emplace(fact.key(), fact.value());
    co_return Response::text(200, "application/json", json::serialize(document));
}

awaitable<Response> SystemApi::read_health() {
    const auto report = co_await health_.report();
    co_return bare(report);
}

awaitable<Response> SystemApi::read_liveness() {
    const json::Object document{
        {"service", service_}, {"status", "healthy"}, {"timestamp", to_rfc3339(now())}, {"uptime", health_.uptime_seconds()}};
    co_return Response::text(200, "application/json", json::serialize(document));
}

awaitable<Response> SystemApi::read_readiness() {
    const auto report = co_await health_.report();
    auto response = bare(report);
    if (response.status == 503) response.headers.set("Retry-After", "1");
    co_return response;
}

awaitable<Response> SystemApi::read_metrics() {
    co_return Response::text(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.scrape());
}

}  // namespace darkroom
