// The skeleton that all six services share: command line, configuration, logs, loop, HTTP server, health, metrics, graceful
// shutdown.
//
//     int main(int argc, char** argv) { return darkroom::run_service(darkroom::users::service(), argc, argv); }
//
// Commands: (none) serve · migrate · openapi · --help · --version. Exit codes: 0, 1 failure, 2 wrong usage or configuration.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/auth/service_tokens.hpp"
#include "platform/auth/verifier.hpp"
#include "platform/core/embedded.hpp"
#include "platform/core/environment.hpp"
#include "platform/http/client.hpp"
#include "platform/http/openapi.hpp"
#include "platform/http/router.hpp"
#include "platform/http/tls.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/health.hpp"
#include "platform/telemetry/metrics.hpp"

namespace darkroom {

/// What the host gives an application. Everything lives longer than the application.
struct ServiceHost {
    Runtime& runtime;
    http::Client& client;
    http::Authenticator& authenticator;
    auth::Revocations& revocations;
    auth::ServiceTokens& tokens;
    telemetry::Metrics& metrics;
    redis::Client& redis;
    /// For subscribers, which need a connection of their own.
    redis::Url redis_url;
    http::Origin auth_origin;
    http::Origin events_origin;
    std::string service_name;
    /// The composition root adds what it depends on; "redis" is there already.
    HealthChecks& health;
};

/// A service's composition root implements this. Built by `ServiceDefinition::configure`: builds everything, starts nothing.
class Application {
public:
    virtual ~Application() = default;
    /// Adds the endpoint tables.
    virtual void mount(http::Router& router) = 0;
    /// Spawns background tasks through host.runtime.tasks(); must not wait for other services or for a database to come up.
    virtual void start() = 0;
    /// What the HTTP server calls: the router, or (the gateway) a handler of the application that stands before it.
    virtual http::Handler& front(http::Router& router) { return router; }
    /// For the HTTP server's port; null: plain HTTP.
    virtual std::shared_ptr<const http::TlsSlot> tls() { return nullptr; }
    /// Draining begins: end what would not end by itself (tunnels). Must not wait.
    virtual void quiesce() {}
    /// After the HTTP server has drained: finish what must be finished, within two seconds.
    virtual awaitable<> stop() = 0;
};

using BuildApplication = std::function<std::unique_ptr<Application>(ServiceHost&)>;

struct ServiceDefinition {
    std::string_view name;         // "user-service"
    std::string_view title;        // "Darkroom users"
    std::string_view description;  // for OpenAPI
    std::uint16_t default_port;
    /// PostgreSQL schema for `migrate`; empty: none.
    std::string_view schema;
    /// In the order they are applied; bus::migrations() first where the service has an outbox or a consumer.
    std::vector<std::span<const EmbeddedFile>> (*migrations)();
    /// Needs no configuration, so that CI can compare the contract without a database.
    std::vector<http::Endpoint> (*endpoints)();
    /// Reads the service's own variables (config.hpp). All problems are reported together before anything is built.
    BuildApplication (*configure)(Environment& environment);
    /// Services whose tokens pass here on their way to them (the gateway).
    std::vector<std::string> further_audiences{};
};

/// Blocks until SIGTERM or SIGINT, then: readiness off, stop accepting, drain, stop the application, close; within 10 s.
int run_service(const ServiceDefinition& definition, int argc, char** argv);

/// "0.1.0"
std::string_view version();

}  // namespace darkroom
