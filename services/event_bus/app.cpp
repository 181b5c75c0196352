#include "services/event_bus/app.hpp"

#include "platform/async/deadline.hpp"
#include "platform/service/observe.hpp"

namespace darkroom::event_bus {

namespace {

/// "Access tokens included, within a second": a stream lives longer than a request and is checked again and again.
constexpr Milliseconds session_check_interval = 500ms;

std::vector<http::Endpoint> all_endpoints() {
    auto rows = Api::endpoints().rows();
    const auto append = [&rows](const std::vector<http::Endpoint>& more) { rows.insert(rows.end(), more.begin(), more.end()); };
    append(ArchivesApi::endpoints().rows());
    append(ConsumersApi::endpoints().rows());
    append(WebhooksApi::endpoints().rows());
    append(UserExportApi::endpoints().rows());
    return rows;
}

}  // namespace

App::App(const Config& config, ServiceHost& host)
    : host_(host),
      pool_(host.runtime.executor(), host.runtime.cpu(),
            {.url = std::string(config.database_url.reveal()),
             .connections = config.database_connections,
             .application_name = "event-bus"}),
      repository_(pool_),
      archives_(pool_),
      purges_(pool_),
      purger_(host.runtime.executor(), purges_),
      subscriber_(host.runtime.executor(), host.runtime.cpu(), {.url = host.redis_url}),
      fanout_(host.runtime.executor(), host.redis),
      hub_(host.runtime, repository_, subscriber_),
      writer_(host.runtime, repository_, host.metrics,
              {.on_stored =
                   [this](const std::vector<bus::Envelope>& stored) {
                       fanout_.publish(stored);
                       hub_.on_stored(stored);
                       purger_.on_stored(stored);
                       courier_.wake();
                   },
               .on_head =
                   [this](std::int64_t head) {
                       fanout_.know_head(head);
                       hub_.on_head(head);
                   }}),
      consumers_(pool_),
      webhooks_(pool_),
      webhook_client_(host.runtime, {.allow_private = config.private_webhooks, .user_agent = "Darkroom-Webhooks"}),
      courier_(host.runtime, webhooks_, webhook_client_),
      api_(repository_, archives_, consumers_, writer_, hub_),
      archives_api_(repository_, archives_),
      consumers_api_(consumers_),
      webhooks_api_(webhooks_, courier_),
      user_export_api_(pool_, export_sections()) {
    observe_database(host, pool_);
    host.metrics.observe("darkroom_events_sockets", "Open event sockets.", {},
                         [this] { return static_cast<double>(hub_.connections().websockets); });
    host.metrics.observe("darkroom_events_streams", "Open streams of server-sent events.", {},
                         [this] { return static_cast<double>(hub_.connections().streams); });
}

void App::mount(http::Router& router) {
    router.add(Api::endpoints(), api_);
    router.add(ArchivesApi::endpoints(), archives_api_);
    router.add(ConsumersApi::endpoints(), consumers_api_);
    router.add(WebhooksApi::endpoints(), webhooks_api_);
    router.add(UserExportApi::endpoints(), user_export_api_);
}

void App::start() {
    subscriber_.start();
    host_.runtime.tasks().spawn("writer", writer_.run());
    host_.runtime.tasks().spawn("hub", hub_.run());
    host_.runtime.tasks().spawn("head", fanout_.repeat_head());
    host_.runtime.tasks().spawn("purge of deleted users", purger_.run());
    host_.runtime.tasks().spawn("webhook courier", courier_.run());
    host_.runtime.tasks().spawn("session check", end_revoked_sessions());
}

void App::quiesce() {
    hub_.close_streams();
}

awaitable<> App::end_revoked_sessions() {
    const auto is_ended = [this](const SessionId& session) { return host_.revocations.is_revoked(session); };
    while (true) {
        co_await pause_for(session_check_interval);
        hub_.close_ended(is_ended);
    }
}

awaitable<> App::stop() {
    co_return;
}

const ServiceDefinition& service() {
    static const ServiceDefinition definition{
        .name = "event-bus",
        .title = "Darkroom event bus",
        .description = "The log of everything that happened, and its live streams.",
        .default_port = 8001,
        .schema = "bus",
        .migrations = [] { return std::vector{migrations()}; },
        .endpoints = &all_endpoints,
        .configure = [](Environment& environment) -> BuildApplication {
            return [config = Config::load(environment)](ServiceHost& host) { return std::make_unique<App>(config, host); };
        },
    };
    return definition;
}

}  // namespace darkroom::event_bus
