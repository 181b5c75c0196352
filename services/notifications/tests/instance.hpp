// One instance of the service in the test's process, on a private database: everything but the host around it.
#pragma once

#include "platform/bus/consumer.hpp"
#include "platform/http/client.hpp"
#include "platform/http/router.hpp"
#include "platform/http/server.hpp"
#include "platform/redis/client.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/fake_authenticator.hpp"
#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"
#include "services/notifications/api.hpp"
#include "services/notifications/backfill.hpp"
#include "services/notifications/delivery.hpp"
#include "services/notifications/internal_api.hpp"
#include "services/notifications/mail_directory.hpp"
#include "services/notifications/mailer.hpp"
#include "services/notifications/subscriptions.hpp"

#include <list>

namespace darkroom::notifications::tests {

/// The bus's log, as far as a consumer can tell.
class EventLog {
public:
    /// Appends an event of that type about `user`; returns its id.
    std::string add(std::string type, std::string user, json::Object data);
    std::string add_user_created(const std::string& user);
    std::string add_completed(const std::string& user, const std::string& processing_id);
    bus::Fetcher fetcher() const;

private:
    std::shared_ptr<std::vector<bus::Envelope>> events_ = std::make_shared<std::vector<bus::Envelope>>();
};

class Instance {
public:
    Instance(Runtime& runtime, testing::PgDatabase& database, testing::RedisServer& redis, EventLog log, MailOutlet& outlet);

    std::uint16_t port() const { return server_.port(); }
    /// GET and friends with "Bearer <who>".
    awaitable<http::ClientResponse> call(http::Verb verb, std::string target, std::string who, std::string body = {},
                                         std::string idempotency_key = {});
    NotificationsRepository& repository() { return repository_; }
    pg::Pool& pool() { return pool_; }
    bus::Consumer& consumer() { return consumer_; }
    Delivery& delivery() { return delivery_; }
    LiveSockets& sockets() { return sockets_; }
    MailsRepository& mails() { return mails_; }
    Backfill& backfill() { return backfill_; }
    std::string metrics() { return metrics_.scrape(); }
    redis::Subscriber& subscriber() { return subscriber_; }
    /// Spawns what the service runs in the background.
    void start();
    /// Ends the sockets and the HTTP server; background tasks are stopped by the Stage.
    awaitable<> stop();
    /// Stores one for `user` as the events would, without an event.
    awaitable<Notification> store(std::string user, std::string title);

private:
    Runtime& runtime_;
    pg::Pool pool_;
    NotificationsRepository repository_;
    StatisticsRepository statistics_;
    RecipientsRepository recipients_;
    MailsRepository mails_;
    telemetry::Metrics metrics_{"notification-service"};
    LiveSockets sockets_;
    redis::Client redis_;
    redis::Subscriber subscriber_;
    Delivery delivery_;
    pg::Listener listener_;
    Mailer mailer_;
    Backfill backfill_;
    Subscriptions subscriptions_;
    bus::Consumer consumer_;
    Api api_;
    InternalApi internal_api_;
    testing::FakeAuthenticator authenticator_;
    http::Router router_;
    http::Server server_;
    http::Client client_;
};

/// What a test plays on: a private database, a private Redis, and instances that are stopped in good order whatever happens.
class Stage {
public:
    Stage(Runtime& runtime_, testing::PgDatabase& database_, testing::RedisServer& redis_)
        : runtime(runtime_), redis(redis_), database(database_) {}

    Instance& add_instance(const EventLog& log = {}) { return instances_.emplace_back(runtime, database, redis, log, *outlet); }
    Instance& add_running_instance(const EventLog& log = {});
    /// Ends what runs; the instances can still be asked.
    awaitable<> stop();

    /// The local mailbox, oldest first: waits until it holds `count` mails.
    awaitable<std::vector<mail::Readable>> mailbox(std::size_t count);

    Runtime& runtime;
    testing::RedisServer& redis;
    testing::PgDatabase& database;
    testing::TemporaryDirectory scratch{"mail"};
    const std::string mail_directory = scratch.path() + "/mailbox";
    /// What instances added later send through.
    std::unique_ptr<MailOutlet> outlet = std::make_unique<MailDirectory>(runtime.cpu(), mail_directory);

private:
    std::list<Instance> instances_;
};

/// Runs `body` to its end on a stage of its own.
void play(awaitable<> (*body)(Stage&));

}  // namespace darkroom::notifications::tests
