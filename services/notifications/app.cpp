#include "services/notifications/app.hpp"

#include "platform/bus/consumer.hpp"
#include "platform/bus/http.hpp"
#include "platform/bus/outbox_reports.hpp"
#include "platform/bus/relay.hpp"
#include "platform/service/observe.hpp"
#include "services/notifications/api.hpp"
#include "services/notifications/backfill.hpp"
#include "services/notifications/delivery.hpp"
#include "services/notifications/export_repository.hpp"
#include "services/notifications/internal_api.hpp"
#include "services/notifications/mail_directory.hpp"
#include "services/notifications/mailer.hpp"
#include "services/notifications/smtp_outlet.hpp"
#include "services/notifications/subscriptions.hpp"

namespace darkroom::notifications {

namespace {

/// "Access tokens included, within a second": a socket lives longer than a request and is checked again and again.
constexpr Milliseconds session_check_interval = 500ms;

Subscriptions::OnCreated count_created(telemetry::Metrics& metrics) {
    return [&metrics](NotificationType type) {
        metrics
            .counter("darkroom_notifications_created_total", "Notifications stored because of an event.",
                     {{"type", std::string(json::enum_text(type))}})
            .Increment();
    };
}

std::unique_ptr<MailOutlet> make_outlet(Runtime& runtime, const Config& config) {
    if (config.smtp) return std::make_unique<SmtpOutlet>(runtime, *config.smtp);
    return std::make_unique<MailDirectory>(runtime.cpu(), config.mail_directory);
}

class App : public Application {
public:
    App(ServiceHost& host, const Config& config)
        : host_(host),
          pool_(host.runtime.executor(), host.runtime.cpu(),
                {.url = std::string(config.database_url.reveal()),
                 .connections = static_cast<std::size_t>(config.connections),
                 .application_name = host.service_name}),
          repository_(pool_),
          statistics_(pool_),
          recipients_(pool_),
          mails_(pool_),
          subscriber_(host.runtime.executor(), host.runtime.cpu(), {.url = host.redis_url}),
          delivery_(host.runtime, repository_, sockets_, host.redis, subscriber_),
          listener_(host.runtime.cpu(), {.url = std::string(config.database_url.reveal()), .channel = "notifications.pending"},
                    delivery_.wake()),
          mail_outlet_(make_outlet(host.runtime, config)),
          mailer_(host.runtime, mails_, *mail_outlet_, host.metrics, delivery_.wake(),
                  {.from = config.mail_from, .public_url = config.public_url}),
          backfill_(pool_, recipients_, bus::http_fetcher(host.client, host.tokens, host.events_origin)),
          subscriptions_(repository_, recipients_, count_created(host.metrics)),
          consumer_(host.runtime.executor(), pool_, subscriber_,
                    bus::http_fetcher(host.client, host.tokens, host.events_origin), {.name = host.service_name},
                    subscriptions_.handlers()),
          relay_(host.runtime, pool_, bus::http_publisher(host.client, host.tokens, host.events_origin),
                 {.database_url = std::string(config.database_url.reveal())}),
          api_(repository_, statistics_, sockets_),
          internal_api_(mails_),
          user_export_api_(pool_, export_sections()) {
        observe_database(host, pool_);
        observe_outbox(host, relay_);
        observe_consumer(host, consumer_);
        observe(host.metrics);
    }

    void mount(http::Router& router) override {
        router.add(Api::endpoints(), api_);
        router.add(InternalApi::endpoints(), internal_api_);
        router.add(UserExportApi::endpoints(), user_export_api_);
    }

    void start() override {
        auto& tasks = host_.runtime.tasks();
        tasks.spawn("new notifications", listener_.run());
        tasks.spawn("delivery watch", delivery_.watch());
        tasks.spawn("delivery", delivery_.run());
        tasks.spawn("lost messages", delivery_.make_up_for_lost_messages());
        tasks.spawn("event consumer", consumer_.run());
        tasks.spawn("consumer reports",
                    consumer_.keep_reporting(bus::http_reporter(host_.client, host_.tokens, host_.events_origin)));
        tasks.spawn("outbox relay", relay_.run());
        tasks.spawn("outbox reports",
                    bus::keep_reporting_outbox(pool_, bus::http_reporter(host_.client, host_.tokens, host_.events_origin),
                                               host_.service_name));
        tasks.spawn("session check", end_revoked_sessions());
        tasks.spawn("older accounts", backfill_.run());
        mailer_.start(tasks);
        subscriber_.start();
    }

    void quiesce() override { sockets_.close_all(); }
    awaitable<> stop() override { co_return; }

private:
    awaitable<> end_revoked_sessions() {
        const auto is_ended = [this](const SessionId& session) { return host_.revocations.is_revoked(session); };
        while (true) {
            co_await pause_for(session_check_interval);
            sockets_.close_ended(is_ended);
        }
    }

    void observe(telemetry::Metrics& metrics) {
        metrics.observe("darkroom_notification_sockets", "Open WebSockets.", {},
                        [this] { return static_cast<double>(sockets_.size()); });
        metrics.observe("darkroom_notifications_sent", "Notifications announced by this process.", {},
                        [this] { return static_cast<double>(delivery_.sent()); });
        metrics.observe("darkroom_notifications_unpublished", "Pushes that other instances get once Redis is back.", {},
                        [this] { return static_cast<double>(delivery_.unpublished()); });
        metrics.observe("darkroom_notification_frames", "Notifications handed to sockets by this process.", {},
                        [this] { return static_cast<double>(sockets_.delivered()); });
    }

    ServiceHost& host_;
    pg::Pool pool_;
    NotificationsRepository repository_;
    StatisticsRepository statistics_;
    RecipientsRepository recipients_;
    MailsRepository mails_;
    LiveSockets sockets_;
    redis::Subscriber subscriber_;
    Delivery delivery_;
    pg::Listener listener_;
    std::unique_ptr<MailOutlet> mail_outlet_;
    Mailer mailer_;
    Backfill backfill_;
    Subscriptions subscriptions_;
    bus::Consumer consumer_;
    bus::Relay relay_;
    Api api_;
    InternalApi internal_api_;
    UserExportApi user_export_api_;
};

std::vector<std::span<const EmbeddedFile>> all_migrations() {
    return {bus::migrations(), migrations()};
}

std::vector<http::Endpoint> all_endpoints() {
    auto rows = Api::endpoints().rows();
    std::ranges::copy(InternalApi::endpoints().rows(), std::back_inserter(rows));
    std::ranges::copy(UserExportApi::endpoints().rows(), std::back_inserter(rows));
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
    return {.name = "notification-service",
            .title = "Darkroom notifications",
            .description = "Tells users what happened to them: stored, listed and pushed.",
            .default_port = 8005,
            .schema = "notifications",
            .migrations = &all_migrations,
            .endpoints = &all_endpoints,
            .configure = &configure};
}

}  // namespace darkroom::notifications
