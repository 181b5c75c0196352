// The composition root of the event bus.
#pragma once

#include "platform/pg/pool.hpp"
#include "platform/service/service.hpp"
#include "services/event_bus/api.hpp"
#include "services/event_bus/archives_api.hpp"
#include "services/event_bus/config.hpp"
#include "services/event_bus/consumers_api.hpp"
#include "services/event_bus/export_repository.hpp"
#include "services/event_bus/fanout.hpp"
#include "services/event_bus/purger.hpp"
#include "services/event_bus/webhooks_api.hpp"

namespace darkroom::event_bus {

class App : public Application {
public:
    App(const Config& config, ServiceHost& host);

    void mount(http::Router& router) override;
    void start() override;
    void quiesce() override;
    awaitable<> stop() override;

private:
    awaitable<> end_revoked_sessions();

    ServiceHost& host_;
    pg::Pool pool_;
    EventsRepository repository_;
    ArchivesRepository archives_;
    PurgesRepository purges_;
    Purger purger_;
    redis::Subscriber subscriber_;
    Fanout fanout_;
    Hub hub_;
    Writer writer_;
    ConsumersRepository consumers_;
    WebhooksRepository webhooks_;
    outgoing::HttpClient webhook_client_;
    WebhookCourier courier_;
    Api api_;
    ArchivesApi archives_api_;
    ConsumersApi consumers_api_;
    WebhooksApi webhooks_api_;
    UserExportApi user_export_api_;
};

std::span<const EmbeddedFile> migrations();
const ServiceDefinition& service();

}  // namespace darkroom::event_bus
