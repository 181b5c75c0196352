#include "services/images/app.hpp"

#include "platform/bus/http.hpp"
#include "platform/bus/outbox_reports.hpp"
#include "platform/bus/relay.hpp"
#include "platform/pg/listener.hpp"
#include "platform/service/observe.hpp"
#include "services/images/export_api.hpp"
#include "services/images/processings_api.hpp"
#include "services/images/subscriptions.hpp"

namespace darkroom::images {

namespace {

class App : public Application {
public:
    App(ServiceHost& host, const Config& config)
        : host_(host),
          database_url_(config.database_url.reveal()),
          pool_(host.runtime.executor(), host.runtime.cpu(), {.url = database_url_, .application_name = host.service_name}),
          reads_(host.runtime, pool_,
                 {.url = std::string(config.database_replica_url.reveal()), .application_name = host.service_name}),
          relay_(host.runtime, pool_, bus::http_publisher(host.client, host.tokens, host.events_origin),
                 {.database_url = database_url_}),
          store_(host.runtime.cpu(), config.data_directory),
          worker_(host.runtime.executor(), worker_options(config)),
          wake_(host.runtime.executor()),
          listener_(host.runtime.cpu(), {.url = database_url_, .channel = "images.jobs"}, wake_),
          uploads_repository_(pool_),
          jobs_(pool_),
          files_(pool_),
          usage_(pool_),
          statistics_(reads_),
          idempotency_(pool_),
          collector_(pool_, files_, store_),
          runner_({host.runtime, pool_, uploads_repository_, jobs_, usage_, files_, store_, worker_, host.redis, host.metrics,
                   wake_},
                  {.lease = {.owner = store_.instance()}, .lanes = config.concurrency}),
          uploads_({pool_, uploads_repository_, jobs_, files_, usage_, idempotency_, store_, collector_, worker_, runner_},
                   {.max_bytes = config.max_upload_bytes, .quotas = config.quotas}),
          processings_({uploads_repository_, jobs_, usage_, idempotency_}, config.quotas),
          retention_({pool_, uploads_repository_, jobs_, files_, usage_, idempotency_, collector_, uploads_}, config.retention),
          subscriptions_(uploads_, [this] { collect_files(); }),
          subscriber_(host.runtime.executor(), host.runtime.cpu(), {.url = host.redis_url}),
          consumer_(host.runtime.executor(), pool_, subscriber_,
                    bus::http_fetcher(host.client, host.tokens, host.events_origin), {.name = host.service_name},
                    subscriptions_.handlers()),
          downloads_(store_, uploads_repository_),
          uploads_api_(uploads_, uploads_repository_, jobs_, usage_, statistics_, downloads_, config.quotas),
          exports_(pool_),
          export_api_(exports_, store_),
          user_export_api_(pool_, export_sections()),
          processings_api_(processings_, uploads_repository_, jobs_, runner_, downloads_, wake_) {
        watch_health();
    }

    void mount(http::Router& router) override {
        router.add(UploadsApi::endpoints(), uploads_api_);
        router.add(ProcessingsApi::endpoints(), processings_api_);
        router.add(ExportApi::endpoints(), export_api_);
        router.add(UserExportApi::endpoints(), user_export_api_);
    }

    void start() override {
        auto& tasks = host_.runtime.tasks();
        tasks.spawn("image worker", worker_.run());
        tasks.spawn("job listener", listener_.run());
        tasks.spawn("file collector", collector_.run());
        tasks.spawn("replica watch", reads_.watch());
        tasks.spawn("retention", retention_.run());
        tasks.spawn("outbox relay", relay_.run());
        tasks.spawn("outbox reports",
                    bus::keep_reporting_outbox(pool_, bus::http_reporter(host_.client, host_.tokens, host_.events_origin),
                                               host_.service_name));
        tasks.spawn("consumer", consumer_.run());
        tasks.spawn("consumer reports",
                    consumer_.keep_reporting(bus::http_reporter(host_.client, host_.tokens, host_.events_origin)));
        runner_.start();
        subscriber_.start();
    }

    awaitable<> stop() override { return runner_.stop(); }

private:
    static WorkerOptions worker_options(const Config& config) {
        return {.program = config.worker_program, .limits = config.limits, .job_deadline = config.job_deadline};
    }

    void collect_files() { host_.runtime.tasks().spawn("files of a removed user", collector_.collect_unreferenced()); }

    static awaitable<bool> is_ready(const ImageWorker& worker) { co_return worker.ready(); }

    void watch_health() {
        observe_database(host_, pool_);
        observe_replica(host_, reads_);
        observe_outbox(host_, relay_);
        observe_consumer(host_, consumer_);
        host_.health.add("storage", true, [this] { return store_.writable(); });
        // A worker that is being restarted delays jobs and uploads; everything else works.
        host_.health.add("image_worker", false, [this] { return is_ready(worker_); });
        host_.metrics.observe("darkroom_image_jobs_running", "Image jobs that run here now.", {},
                              [this] { return static_cast<double>(runner_.running()); });
    }

    ServiceHost& host_;
    std::string database_url_;
    pg::Pool pool_;
    pg::Reads reads_;
    bus::Relay relay_;
    FileStore store_;
    ImageWorker worker_;
    Notifier wake_;
    pg::Listener listener_;
    UploadsRepository uploads_repository_;
    JobsRepository jobs_;
    FilesRepository files_;
    UsageRepository usage_;
    StatisticsRepository statistics_;
    IdempotencyRepository idempotency_;
    FileCollector collector_;
    JobRunner runner_;
    Uploads uploads_;
    Processings processings_;
    Retention retention_;
    Subscriptions subscriptions_;
    redis::Subscriber subscriber_;
    bus::Consumer consumer_;
    Downloads downloads_;
    UploadsApi uploads_api_;
    ExportRepository exports_;
    ExportApi export_api_;
    UserExportApi user_export_api_;
    ProcessingsApi processings_api_;
};

std::vector<std::span<const EmbeddedFile>> all_migrations() {
    return {bus::migrations(), migrations()};
}

std::vector<http::Endpoint> all_endpoints() {
    auto rows = UploadsApi::endpoints().rows();
    const auto append = [&rows](const std::vector<http::Endpoint>& more) { rows.insert(rows.end(), more.begin(), more.end()); };
    append(ProcessingsApi::endpoints().rows());
    append(ExportApi::endpoints().rows());
    append(UserExportApi::endpoints().rows());
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
    return {.name = "image-service",
            .title = "Darkroom images",
            .description = "Uploads, transformations in the background, downloads.",
            .default_port = 8002,
            .schema = "images",
            .migrations = &all_migrations,
            .endpoints = &all_endpoints,
            .configure = &configure};
}

}  // namespace darkroom::images
