#include "services/event_bus/webhook_courier.hpp"

#include "platform/core/log.hpp"
#include "services/event_bus/domain/webhook.hpp"

namespace darkroom::event_bus {

namespace {

constexpr Milliseconds look_interval = 1s;
/// Longer than a whole batch of slow answers.
constexpr Milliseconds lease = 180s;
constexpr Milliseconds answer_deadline = 15s;
constexpr std::int64_t batch = 10;
/// A suspended owner is looked at again after this.
constexpr Milliseconds while_suspended = 60s;
constexpr int gone_status = 410;

}  // namespace

awaitable<> WebhookCourier::run() {
    while (true) {
        const auto seen = wake_.count();
        std::string problem;
        bool more = true;
        try {
            while (more) more = co_await serve_one();
        } catch (const Failure& failure) {  // the database is away: leases end by themselves
            problem = failure.error().detail;
        }
        if (!problem.empty()) log::warning("webhooks wait", {{"reason", problem}});
        co_await wake_.wait_past(seen, look_interval);
    }
}

awaitable<bool> WebhookCourier::serve_one() {
    auto webhook = co_await webhooks_.take(lease);
    if (!webhook) co_return false;
    co_await replay(*webhook);
    co_await serve(std::move(*webhook));
    co_return true;
}

awaitable<> WebhookCourier::serve(TakenWebhook webhook) {
    const auto owner = co_await webhooks_.owner_facts(webhook.owner_id);
    if (owner && owner->status != "active") {
        co_await webhooks_.put_back(webhook.id, while_suspended);
        co_return;
    }
    // Who is no admin any more sees their own events only.
    const bool all_users = webhook.sees_all && (!owner || owner->role == "admin");
    // Read first: what is stored meanwhile is behind it.
    const auto head = co_await webhooks_.head();
    const auto events = co_await webhooks_.events_for(webhook, all_users, batch);
    for (const auto& event : events) {
        const auto delivery = co_await deliver(webhook, event);
        if (delivery.gone) {
            co_await webhooks_.disable(webhook.id, *delivery.error);
            co_return;
        }
        if (delivery.error && webhook.failures + 1 >= max_webhook_attempts) {
            co_await webhooks_.give_up(webhook, event, *delivery.error);
            co_return;
        }
        if (delivery.error) {
            co_await webhooks_.failed(webhook.id, *delivery.error, webhook_pause(webhook.failures + 1));
            co_return;
        }
        webhook.failures = 0;
        co_await webhooks_.advance(webhook.id, event.position, true);
    }
    const bool all_read = std::ssize(events) < batch;
    if (all_read) co_await webhooks_.advance(webhook.id, head, false);
    if (!all_read) co_await webhooks_.put_back(webhook.id, 0ms);
}

awaitable<> WebhookCourier::replay(const TakenWebhook& webhook) {
    while (true) {
        const auto event = co_await webhooks_.next_replay(webhook.id);
        if (!event) co_return;
        auto delivery = co_await deliver(webhook, *event);
        co_await webhooks_.replayed(webhook.id, event->id, std::move(delivery.error));
    }
}

awaitable<WebhookCourier::Delivery> WebhookCourier::deliver(const TakenWebhook& webhook, const bus::Envelope& event) {
    auto url = outgoing::WebUrl::parse(webhook.url);
    if (!url) co_return Delivery{"the address is not good any more"};
    outgoing::HttpRequest request{.verb = http::Verb::post, .url = std::move(*url), .body = bus::to_json(event)};
    request.deadline = answer_deadline;
    const auto timestamp = std::chrono::duration_cast<Seconds>(now().time_since_epoch()).count();
    request.headers.add("Content-Type", "application/json");
    request.headers.add("webhook-id", event.id);
    request.headers.add("webhook-timestamp", std::to_string(timestamp));
    request.headers.add("webhook-signature", webhook_signature(webhook.secret, event.id, timestamp, request.body));
    Delivery delivery;
    try {
        const auto response = co_await client_.send(std::move(request));
        if (response.status < 200 || response.status > 299) {
            delivery.error = "the receiver answered " + std::to_string(response.status);
        }
        delivery.gone = response.status == gone_status;
    } catch (const Failure& failure) {  // it is away, or not where it may be
        delivery.error = failure.error().detail;
    }
    if (delivery.error) log::info("webhook not delivered", {{"subscription", webhook.id.text()}, {"reason", *delivery.error}});
    co_return delivery;
}

}  // namespace darkroom::event_bus
