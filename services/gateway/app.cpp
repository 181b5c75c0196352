#include "services/gateway/app.hpp"

#include "services/gateway/api.hpp"
#include "services/gateway/certificate.hpp"
#include "services/gateway/discovery.hpp"
#include "services/gateway/documents.hpp"
#include "services/gateway/gateway.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

class App : public Application {
public:
    App(ServiceHost& host, Config config)
        : host_(host),
          config_(std::move(config)),
          openapi_(public_openapi(embedded_documents(), config_.routes, version())),
          access_(openapi_),
          upstreams_(config_.upstreams),
          probes_(host.client, upstreams_, host.runtime.tasks()),
          discovery_({host.runtime, upstreams_, probes_, host.redis_url, config_.instance_networks}),
          health_(host.client, upstreams_, host.health),
          api_(health_, {openapi_, config_.swagger_ui}) {
        openapi_.clear();
        observe_instances();
        if (config_.tls) certificate_.emplace(*config_.tls, host.metrics);
    }

    void mount(http::Router& router) override { router.add(Api::endpoints(), api_); }

    http::Handler& front(http::Router& router) override {
        const Gateway::Parts parts{config_,       access_,     host_.client, upstreams_, host_.authenticator,
                                   host_.metrics, &host_.redis};
        gateway_ = std::make_unique<Gateway>(parts, router);
        return *gateway_;
    }

    std::shared_ptr<const http::TlsSlot> tls() override { return certificate_ ? certificate_->slot() : nullptr; }

    void start() override {
        if (certificate_) host_.runtime.tasks().spawn("certificate", certificate_->watch());
        host_.runtime.tasks().spawn("shared limits", gateway_->share_limits());
        discovery_.start(host_.runtime.tasks());
    }
    void quiesce() override { gateway_->close_tunnels(); }
    awaitable<> stop() override { co_return; }

private:
    void observe_instances() {
        for (auto& [service, upstream] : upstreams_.all()) {
            const auto count = [&upstream](bool up) {
                const auto now = SteadyClock::now();
                const auto fits = [&](const auto& instance) { return instance->is_up(now) == up; };
                return static_cast<double>(std::ranges::count_if(upstream.instances(), fits));
            };
            constexpr std::string_view help = "Instances of each service that the gateway knows.";
            host_.metrics.observe("darkroom_gateway_instances", std::string(help), {{"upstream", service}, {"state", "up"}},
                                  [count] { return count(true); });
            host_.metrics.observe("darkroom_gateway_instances", std::string(help), {{"upstream", service}, {"state", "out"}},
                                  [count] { return count(false); });
        }
    }

    ServiceHost& host_;
    Config config_;
    json::Object openapi_;
    AccessPolicy access_;
    Upstreams upstreams_;
    InstanceProbes probes_;
    Discovery discovery_;
    HealthOfServices health_;
    Api api_;
    std::optional<Certificate> certificate_;
    std::unique_ptr<Gateway> gateway_;
};

BuildApplication configure(Environment& environment) {
    auto config = Config::load(environment);
    return [config = std::move(config)](ServiceHost& host) -> std::unique_ptr<Application> {
        return std::make_unique<App>(host, config);
    };
}

std::vector<std::span<const EmbeddedFile>> no_migrations() {
    return {};
}

std::vector<http::Endpoint> all_endpoints() {
    return Api::endpoints().rows();
}

}  // namespace

ServiceDefinition service() {
    return {.name = "api-gateway",
            .title = "Darkroom gateway",
            .description = "The only door for clients: routes, token check, limits, documents, health of all services.",
            .default_port = 8000,
            .schema = {},
            .migrations = &no_migrations,
            .endpoints = &all_endpoints,
            .configure = &configure,
            .further_audiences = {"auth-service", "event-bus", "image-service", "notification-service", "user-service"}};
}

}  // namespace darkroom::gateway
