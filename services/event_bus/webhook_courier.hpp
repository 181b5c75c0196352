// Sends events to webhooks: in order, at least once, one instance at a time for each.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/outgoing/http_client.hpp"
#include "services/event_bus/webhooks_repository.hpp"

namespace darkroom::event_bus {

class WebhookCourier {
public:
    WebhookCourier(Executor executor, WebhooksRepository& webhooks, outgoing::HttpClient& client)
        : webhooks_(webhooks), client_(client), wake_(executor) {}

    void wake() { wake_.notify(); }
    /// Until cancelled; spawn several in a TaskGroup, so that a slow receiver does not hold up the others.
    awaitable<> run();

private:
    /// False when there was nothing to do.
    awaitable<bool> serve_one();
    awaitable<> serve(TakenWebhook webhook);
    awaitable<> replay(const TakenWebhook& webhook);
    /// What went wrong; nothing when it was taken. `gone` when the receiver wants no more.
    struct Delivery {
        std::optional<std::string> error{};
        bool gone = false;
    };
    awaitable<Delivery> deliver(const TakenWebhook& webhook, const bus::Envelope& event);

    WebhooksRepository& webhooks_;
    outgoing::HttpClient& client_;
    Notifier wake_;
};

}  // namespace darkroom::event_bus
