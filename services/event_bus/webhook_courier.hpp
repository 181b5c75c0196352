// Sends events to webhooks: in order, at least once, one instance at a time for each.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/outgoing/http_client.hpp"
#include "services/event_bus/webhooks_repository.hpp"

namespace darkroom::event_bus {

class WebhookCourier {
public:
    WebhookCourier(Runtime& runtime, WebhooksRepository& webhooks, outgoing::HttpClient& client)
        : runtime_(runtime), webhooks_(webhooks), client_(client), wake_(runtime.executor()), ended_(runtime.executor()) {}

    /// Something was stored. However often it is called, the database is looked at about 20 times a second.
    void wake() { wake_.notify(); }
    /// Until cancelled; spawn it in a TaskGroup. It looks for work and spawns each delivery in `runtime.tasks()`, a few at a
    /// time, so that a slow receiver does not hold up the others.
    awaitable<> run();

private:
    /// Passes over those without news and begins as many deliveries as there is room for.
    awaitable<> look();
    /// One lease: at most one batch, then the webhook is given back.
    awaitable<> serve(TakenWebhook webhook);
    awaitable<> send_news(TakenWebhook webhook, Visibility visibility, std::int64_t limit);
    /// How many were tried, at most `limit`.
    awaitable<std::int64_t> replay(const TakenWebhook& webhook, const Visibility& visibility, std::int64_t limit);
    /// What went wrong; nothing when it was taken. `gone` when the receiver wants no more.
    struct Delivery {
        std::optional<std::string> error{};
        bool gone = false;
    };
    awaitable<Delivery> deliver(const TakenWebhook& webhook, const bus::Envelope& event);

    Runtime& runtime_;
    WebhooksRepository& webhooks_;
    outgoing::HttpClient& client_;
    Notifier wake_;
    Notifier ended_;
    int running_ = 0;
};

}  // namespace darkroom::event_bus
