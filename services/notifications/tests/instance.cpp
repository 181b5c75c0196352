#include "services/notifications/tests/instance.hpp"

#include "events/image_processing_completed.hpp"
#include "events/user_created.hpp"
#include "services/notifications/app.hpp"

#include <fstream>
#include <sstream>

namespace darkroom::notifications::tests {

namespace {

awaitable<bus::Page> read_log(std::shared_ptr<std::vector<bus::Envelope>> events, std::int64_t after, std::int64_t limit) {
    bus::Page page{.next_after = after, .head = static_cast<std::int64_t>(events->size())};
    for (const auto& event : *events) {
        if (event.position <= after || static_cast<std::int64_t>(page.events.size()) == limit) continue;
        page.events.push_back(event);
        page.next_after = event.position;
    }
    co_return page;
}

}  // namespace

std::string EventLog::add(std::string type, std::string user, json::Object data) {
    bus::Envelope envelope;
    envelope.id = new_uuid();
    envelope.position = static_cast<std::int64_t>(events_->size()) + 1;
    envelope.type = std::move(type);
    envelope.source = "a-test";
    envelope.timestamp = now();
    envelope.data = json::serialize(data);
    envelope.correlation_id = "correlation-of-" + envelope.id;
    envelope.user_id = std::move(user);
    events_->push_back(envelope);
    return envelope.id;
}

std::string EventLog::add_user_created(const std::string& user) {
    events::UserCreated event;
    event.user_id = user;
    event.username = user;
    event.email = user + "@example.com";
    event.role = "user";
    event.status = "active";
    return add(std::string(events::UserCreated::type), user, json::encode(event).as_object());
}

std::string EventLog::add_completed(const std::string& user, const std::string& processing_id) {
    events::ImageProcessingCompleted event;
    event.processing_id = processing_id;
    event.upload_id = "upload-1";
    event.transformation_type = "grayscale";
    event.progress = 100;
    event.processing_time_ms = 12;
    return add(std::string(events::ImageProcessingCompleted::type), user, json::encode(event).as_object());
}

bus::Fetcher EventLog::fetcher() const {
    return [events = events_](std::int64_t after, std::int64_t limit) { return read_log(events, after, limit); };
}

Instance::Instance(Runtime& runtime, testing::PgDatabase& database, testing::RedisServer& redis, EventLog log,
                   MailOutlet& outlet)
    : runtime_(runtime),
      pool_(runtime.executor(), runtime.cpu(), {.url = database.url()}),
      repository_(pool_),
      statistics_(pool_),
      recipients_(pool_),
      mails_(pool_),
      redis_(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(redis.url()).value()}),
      subscriber_(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(redis.url()).value()}),
      delivery_(runtime, repository_, sockets_, redis_, subscriber_),
      listener_(runtime.cpu(), {.url = database.url(), .channel = "notifications.pending"}, delivery_.wake()),
      mailer_(runtime, mails_, outlet, metrics_, delivery_.wake(),
              {.from = mail::Sender::parse("Darkroom <darkroom@example.org>").value(),
               .public_url = "http://127.0.0.1:8000",
               .lease = 20s,
               .max_attempts = 4,
               .first_pause = 20ms,
               .longest_pause = 50ms,
               .poll = 20ms}),
      backfill_(pool_, recipients_, log.fetcher()),
      subscriptions_(repository_, recipients_, [](NotificationType) {}),
      consumer_(runtime.executor(), pool_, subscriber_, log.fetcher(),
                {.name = "notification-service",
                 .poll_without_redis = 20ms,
                 .poll_with_redis = 20ms,
                 .max_attempts = 2,
                 .first_backoff = 5ms},
                subscriptions_.handlers()),
      api_(repository_, statistics_, sockets_),
      internal_api_(mails_),
      router_(authenticator_, metrics_),
      server_(runtime, {}, router_),
      client_(runtime) {
    router_.add(Api::endpoints(), api_);
    router_.add(InternalApi::endpoints(), internal_api_);
    server_.listen();
}

void Instance::start() {
    auto& tasks = runtime_.tasks();
    tasks.spawn("listener", listener_.run());
    tasks.spawn("watch", delivery_.watch());
    tasks.spawn("delivery", delivery_.run());
    tasks.spawn("lost", delivery_.make_up_for_lost_messages());
    tasks.spawn("consumer", consumer_.run());
    mailer_.start(tasks);
    subscriber_.start();
}

awaitable<> Instance::stop() {
    router_.close_sockets();
    co_await server_.drain(2s);
}

awaitable<http::ClientResponse> Instance::call(http::Verb verb, std::string target, std::string who, std::string body,
                                               std::string idempotency_key) {
    http::ClientRequest request{.verb = verb, .target = std::move(target), .body = std::move(body)};
    if (!who.empty()) request.headers.set("Authorization", "Bearer " + who);
    if (!request.body.empty()) request.headers.set("Content-Type", "application/json");
    if (!idempotency_key.empty()) request.headers.set("Idempotency-Key", idempotency_key);
    const http::Origin origin{"127.0.0.1", server_.port()};
    co_return co_await client_.send(origin, std::move(request));
}

awaitable<Notification> Instance::store(std::string user, std::string title) {
    Draft draft{NotificationType::broadcast, std::move(title), "a message", {}};
    Cause cause{std::nullopt, "correlation-of-a-test"};
    co_return co_await repository_.create_once(UserId::trusted(std::move(user)), std::move(draft), std::move(cause));
}

Instance& Stage::add_running_instance(const EventLog& log) {
    auto& instance = add_instance(log);
    instance.start();
    return instance;
}

awaitable<std::vector<mail::Readable>> Stage::mailbox(std::size_t count) {
    const auto list = [this] {
        std::vector<std::filesystem::path> files;
        std::error_code not_there_yet;
        for (const auto& entry : std::filesystem::directory_iterator(mail_directory, not_there_yet)) {
            if (entry.path().extension() == ".eml") files.push_back(entry.path());
        }
        std::ranges::sort(files);
        return files;
    };
    const bool complete = co_await testing::eventually([&] { return list().size() >= count; }, 20s);
    testing::require(complete, "the mailbox has as many mails as it should");
    std::vector<mail::Readable> mails;
    for (const auto& file : list()) {
        std::ostringstream content;
        content << std::ifstream(file).rdbuf();
        mails.push_back(mail::read(content.str()));
    }
    co_return mails;
}

awaitable<> Stage::stop() {
    for (auto& instance : instances_) co_await instance.stop();
    co_await runtime.tasks().stop(5s);
}

namespace {

awaitable<> play_on(Runtime& runtime, testing::PgDatabase& database, testing::RedisServer& redis,
                    awaitable<> (*&body)(Stage&)) {
    Stage stage(runtime, database, redis);
    std::exception_ptr failure;
    try {
        co_await body(stage);
    } catch (...) {  // the instances must stop before they are destroyed
        failure = std::current_exception();
    }
    co_await stage.stop();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

void play(awaitable<> (*body)(Stage&)) {
    testing::PgDatabase database("notifications", {bus::migrations(), migrations()});
    testing::RedisServer redis;
    testing::run(&play_on, database, redis, body);
}

}  // namespace darkroom::notifications::tests
