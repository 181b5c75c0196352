#include "platform/service/service.hpp"

#include "platform/core/log.hpp"
#include "platform/http/server.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/service/announcer.hpp"
#include "platform/service/command_line.hpp"
#include "platform/service/config.hpp"
#include "platform/service/memory.hpp"
#include "platform/service/probe.hpp"
#include "platform/service/system_api.hpp"

#include <iostream>

namespace darkroom {

namespace {

// Together under the 10 s that a supervisor waits before it kills.
constexpr Milliseconds drain_limit = 4s;
constexpr Milliseconds stop_limit = 2s;
/// Connections, keys and the first events have been dealt with by then.
constexpr Milliseconds settling_time = 3s;
/// A probe of every dependency takes at most two.
constexpr Milliseconds health_limit = 4s;

enum ExitCode { success = 0, failure = 1, wrong_configuration = 2 };

std::vector<http::Endpoint> all_endpoints(const ServiceDefinition& definition) {
    auto rows = SystemApi::endpoints().rows();
    const auto own = definition.endpoints();
    rows.insert(rows.end(), own.begin(), own.end());
    return rows;
}

int print_openapi(const ServiceDefinition& definition) {
    const http::ApiInfo info{definition.name, definition.title, definition.description, version()};
    std::cout << json::pretty(http::openapi_document(info, all_endpoints(definition)));
    return success;
}

int migrate(const ServiceDefinition& definition) {
    if (definition.schema.empty()) return success;
    Environment environment;
    const auto url = environment.required_secret("MIGRATION_DATABASE_URL", "The database, as the owner of the schema.");
    environment.finish();
    const auto applied = pg::migrate(std::string(url.reveal()), std::string(definition.schema), definition.migrations());
    for (const auto& name : applied) log::info("migration applied", {{"file", name}});
    log::info("schema is up to date", {{"schema", definition.schema}, {"applied", applied.size()}});
    return success;
}

/// Reads nothing but the address, so that it works in every container that runs the service.
int check_health(const ServiceDefinition& definition) {
    Environment environment;
    const auto bind = ServiceConfig::read_bind(environment);
    const auto port = ServiceConfig::read_port(environment, definition.default_port);
    environment.finish();
    if (answers_ready(bind, port, health_limit)) return success;
    std::cerr << definition.name << ": not ready\n";
    return failure;
}

/// Everything of one running service, in the order it is built; it goes in the opposite one.
class RunningService {
public:
    RunningService(const ServiceDefinition& definition, ServiceConfig config, const BuildApplication& build)
        : config_(std::move(config)),
          metrics_(std::string(definition.name)),
          health_(std::string(definition.name)),
          client_(runtime_),
          tokens_(runtime_, client_, config_.auth, std::string(definition.name), config_.service_secret),
          revocations_(runtime_, client_, tokens_,
                       {.redis = config_.redis, .auth = config_.auth, .token_life = config_.access_token_life}),
          verifier_(runtime_, client_, revocations_,
                    {.auth = config_.auth,
                     .service = std::string(definition.name),
                     .further_audiences = definition.further_audiences}),
          api_keys_(runtime_, client_, tokens_, config_.auth),
          redis_(runtime_.executor(), runtime_.cpu(), {.url = config_.redis}),
          activity_(redis_),
          host_{runtime_,
                client_,
                verifier_,
                revocations_,
                tokens_,
                metrics_,
                redis_,
                config_.redis,
                config_.auth,
                config_.events,
                std::string(definition.name),
                health_},
          router_(verifier_, metrics_),
          system_api_(health_, metrics_, std::string(definition.name)) {
        verifier_.accept(api_keys_);
        verifier_.note_use_in(activity_);
        health_.add("redis", false, [this] { return redis_.healthy(); });
        application_ = build(host_);
        router_.trust(config_.trusted_gateways);
        router_.add(SystemApi::endpoints(), system_api_);
        application_->mount(router_);
        observe_process();
        const http::ServerOptions options{.bind = config_.bind, .port = config_.port, .tls = application_->tls()};
        server_ = std::make_unique<http::Server>(runtime_, options, application_->front(router_));
    }

    void run() { runtime_.run(serve()); }

private:
    awaitable<> serve() {
        revocations_.start();
        verifier_.start();
        runtime_.tasks().spawn("session activity", activity_.run());
        application_->start();
        server_->listen();
        log::info("listening", {{"address", config_.bind}, {"port", server_->port()}, {"version", version()}});
        runtime_.tasks().spawn("release memory", release_memory_when_settled());
        if (!config_.instance_url.empty()) {
            announcer_.emplace(runtime_, redis_,
                               Announcer::Options{.service = host_.service_name,
                                                  .url = config_.instance_url,
                                                  .bind = config_.bind,
                                                  .port = server_->port(),
                                                  .redis_url = config_.redis});
            runtime_.tasks().spawn("announcements", announcer_->run());
        }
        const int signal = co_await wait_for_signal();
        log::info("stopping", {{"signal", signal}});
        health_.set_draining();
        if (announcer_) announcer_->leave();
        router_.close_sockets();
        application_->quiesce();
        co_await server_->drain(drain_limit);
        co_await with_deadline(stop_limit, "stopping the application", application_->stop());
        co_await runtime_.tasks().stop(stop_limit);
        application_.reset();
        log::info("stopped");
    }

    static awaitable<> release_memory_when_settled() {
        co_await pause_for(settling_time);
        release_startup_memory();
    }

    void observe_process() {
        metrics_.observe("darkroom_uptime_seconds", "Time since the service started.", {},
                         [this] { return health_.uptime_seconds(); });
        metrics_.observe("process_resident_memory_bytes", "Resident memory.", {},
                         [] { return process_usage().resident_bytes; });
        metrics_.observe("process_cpu_seconds", "CPU time used so far.", {}, [] { return process_usage().cpu_seconds; });
        metrics_.observe("darkroom_redis_connected", "1 while Redis answers, 0 while everything is found by polling.", {},
                         [this] { return redis_.connected() ? 1.0 : 0.0; });
        metrics_.observe("darkroom_http_connections", "Open HTTP connections.", {},
                         [this] { return server_ ? static_cast<double>(server_->connections()) : 0.0; });
    }

    ServiceConfig config_;
    Runtime runtime_;
    telemetry::Metrics metrics_;
    HealthChecks health_;
    http::Client client_;
    auth::ServiceTokens tokens_;
    auth::Revocations revocations_;
    auth::TokenVerifier verifier_;
    auth::ApiKeys api_keys_;
    redis::Client redis_;
    auth::SessionActivity activity_;
    ServiceHost host_;
    http::Router router_;
    SystemApi system_api_;
    std::unique_ptr<Application> application_;
    std::unique_ptr<http::Server> server_;
    std::optional<Announcer> announcer_;
};

int serve(const ServiceDefinition& definition) {
    Environment environment;
    auto config = ServiceConfig::load(environment, definition.default_port);
    const auto build = definition.configure(environment);
    environment.finish();
    log::start(definition.name, config.log_level);
    RunningService service(definition, std::move(config), build);
    service.run();
    return success;
}

/// What --help lists: read from an environment that is empty.
std::vector<VariableDescription> variables_of(const ServiceDefinition& definition) {
    Environment nothing([](std::string_view) { return std::optional<std::string>{}; });
    ServiceConfig::load(nothing, definition.default_port);
    static_cast<void>(definition.configure(nothing));
    return nothing.described();
}

}  // namespace

int run_service(const ServiceDefinition& definition, int argc, char** argv) {
    tame_allocator();
    block_signals();
    log::start(definition.name, log::Level::info);
    const auto parsed = parse_command_line(definition.name, definition.description, variables_of(definition), argc, argv);
    if (const auto* exit_code = std::get_if<int>(&parsed)) return *exit_code;
    try {
        switch (std::get<Command>(parsed)) {
            case Command::openapi: return print_openapi(definition);
            case Command::migrate: return migrate(definition);
            case Command::health: return check_health(definition);
            case Command::serve: return serve(definition);
        }
    } catch (const ConfigurationError& error) {
        std::cerr << definition.name << ": the configuration has problems:\n" << error.what() << '\n';
        return wrong_configuration;
    } catch (const std::exception& error) {
        log::error("the service cannot go on", {{"error", error.what()}});
        std::cerr << definition.name << ": " << error.what() << '\n';
        return failure;
    }
    return failure;
}

std::string_view version() {
    return DARKROOM_VERSION;
}

}  // namespace darkroom
