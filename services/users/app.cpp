#include "services/users/app.hpp"

#include "platform/bus/http.hpp"
#include "platform/bus/outbox_reports.hpp"
#include "platform/bus/relay.hpp"
#include "platform/service/observe.hpp"
#include "services/users/api.hpp"
#include "services/users/cache_repair.hpp"
#include "services/users/exports_api.hpp"
#include "services/users/subscriptions.hpp"

namespace darkroom::users {

namespace {

class App : public Application {
public:
    App(ServiceHost& host, const Config& config)
        : host_(host),
          pool_(host.runtime.executor(), host.runtime.cpu(),
                {.url = std::string(config.database_url.reveal()), .application_name = host.service_name}),
          reads_(host.runtime, pool_,
                 {.url = std::string(config.database_replica_url.reveal()), .application_name = host.service_name}),
          relay_(host.runtime, pool_, bus::http_publisher(host.client, host.tokens, host.events_origin),
                 {.database_url = std::string(config.database_url.reveal())}),
          users_(pool_),
          directory_(reads_),
          creations_(pool_),
          cache_(host.redis, host.metrics),
          cache_repair_(users_, cache_),
          subscriptions_(cache_),
          subscriber_(host.runtime.executor(), host.runtime.cpu(), {.url = host.redis_url}),
          consumer_(host.runtime.executor(), pool_, subscriber_,
                    bus::http_fetcher(host.client, host.tokens, host.events_origin), {.name = host.service_name},
                    subscriptions_.handlers()),
          accounts_(host.client, host.tokens, host.auth_origin),
          profiles_(users_, creations_, cache_, accounts_, consumer_),
          api_(directory_, profiles_),
          export_client_(host.client, host.tokens, {host.auth_origin, config.images, config.notifications, host.events_origin}),
          exports_api_(profiles_, export_client_) {
        observe_database(host, pool_);
        observe_replica(host, reads_);
        observe_outbox(host, relay_);
        observe_consumer(host, consumer_);
    }

    void mount(http::Router& router) override {
        router.add(Api::endpoints(), api_);
        router.add(ExportsApi::endpoints(), exports_api_);
    }

    void start() override {
        host_.runtime.tasks().spawn("outbox relay", relay_.run());
        host_.runtime.tasks().spawn(
            "outbox reports",
            bus::keep_reporting_outbox(pool_, bus::http_reporter(host_.client, host_.tokens, host_.events_origin),
                                       host_.service_name));
        host_.runtime.tasks().spawn("consumer", consumer_.run());
        host_.runtime.tasks().spawn(
            "consumer reports", consumer_.keep_reporting(bus::http_reporter(host_.client, host_.tokens, host_.events_origin)));
        host_.runtime.tasks().spawn("replica watch", reads_.watch());
        host_.runtime.tasks().spawn("cache repair", cache_repair_.run());
        subscriber_.start();
    }

    awaitable<> stop() override { co_return; }

private:
    ServiceHost& host_;
    pg::Pool pool_;
    pg::Reads reads_;
    bus::Relay relay_;
    UsersRepository users_;
    DirectoryRepository directory_;
    CreationsRepository creations_;
    ProfileCache cache_;
    CacheRepair cache_repair_;
    Subscriptions subscriptions_;
    redis::Subscriber subscriber_;
    bus::Consumer consumer_;
    AccountsClient accounts_;
    Profiles profiles_;
    Api api_;
    ExportClient export_client_;
    ExportsApi exports_api_;
};

std::vector<std::span<const EmbeddedFile>> all_migrations() {
    return {bus::migrations(), migrations()};
}

std::vector<http::Endpoint> all_endpoints() {
    auto rows = Api::endpoints().rows();
    const auto& exports = ExportsApi::endpoints().rows();
    rows.insert(rows.end(), exports.begin(), exports.end());
    return rows;
}

BuildApplication configure(Environment& environment) {
    const auto config = Config::load(environment);
    return [config](ServiceHost& host) { return make_app(host, config); };
}

}  // namespace

std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config) {
    return std::make_unique<App>(host, config);
}

ServiceDefinition service() {
    return {.name = "user-service",
            .title = "Darkroom users",
            .description = "Profiles, roles and the management of people.",
            .default_port = 8003,
            .schema = "users",
            .migrations = &all_migrations,
            .endpoints = &all_endpoints,
            .configure = &configure};
}

}  // namespace darkroom::users
