#include "services/event_bus/webhook_courier.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "services/event_bus/domain/webhook.hpp"

namespace darkroom::event_bus {

namespace {

constexpr Milliseconds look_interval = 1s;
/// What is stored in a burst is looked for once.
constexpr Milliseconds look_pause = 50ms;
/// Receivers that may be slow at once without holding up the others.
constexpr int max_running = 4;
/// Longer than a whole batch of slow answers.
constexpr Milliseconds lease = 180s;
constexpr Milliseconds answer_deadline = 15s;
constexpr std::int64_t batch = 10;
/// The rest of a batch is for news: a thousand letters asked for again must not hold them up.
constexpr std::int64_t replays_in_batch = batch / 2;
static_assert(lease > batch * answer_deadline);
/// A suspended owner is looked at again after this.
constexpr Milliseconds while_suspended = 60s;
constexpr int gone_status = 410;

void warn_waiting(const Failure& failure) {
    log::warning("webhooks wait", {{"reason", failure.error().detail}});
}

}  // namespace

awaitable<> WebhookCourier::run() {
    while (true) {
        const auto woken = wake_.count();
        const auto ended = ended_.count();
        try {
            co_await look();
        } catch (const Failure& failure) {  // the database is away: leases end by themselves
            warn_waiting(failure);
        }
        // A delivery that has ended made room at once; whatever else happens can wait for the pause.
        co_await ended_.wait_past(ended, look_pause);
        if (ended_.count() == ended) co_await wake_.wait_past(woken, look_interval);
    }
}

awaitable<> WebhookCourier::look() {
    if (running_ == max_running) co_return;
    const auto head = co_await webhooks_.pass_over();
    while (running_ < max_running) {
        auto webhook = co_await webhooks_.take(lease, head);
        if (!webhook) co_return;
        ++running_;
        runtime_.tasks().spawn("webhook delivery", serve(std::move(*webhook)));
    }
}

awaitable<> WebhookCourier::serve(TakenWebhook webhook) {
    struct Running {
        explicit Running(WebhookCourier& running) : courier(running) {}
        ~Running() {
            --courier.running_;
            courier.ended_.notify();
            courier.wake_.notify();
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        WebhookCourier& courier;
    } const running(*this);

    try {
        const auto owner = co_await webhooks_.owner_facts(webhook.owner_id);
        if (owner && owner->status != "active") {
            co_await webhooks_.put_back(webhook.id, while_suspended);
            co_return;
        }
        // Who is no admin any more sees their own events only.
        Visibility visibility{.only_user = webhook.owner_id};
        if (webhook.sees_all && (!owner || owner->role == "admin")) visibility.only_user.reset();
        const auto replayed = co_await replay(webhook, visibility, replays_in_batch);
        co_await send_news(std::move(webhook), std::move(visibility), batch - replayed);
    } catch (const Failure& failure) {  // the database is away: the lease ends by itself
        warn_waiting(failure);
    }
}

awaitable<> WebhookCourier::send_news(TakenWebhook webhook, Visibility visibility, std::int64_t limit) {
    // Read first: what is stored meanwhile is behind it.
    const auto head = co_await webhooks_.head();
    const auto events = co_await webhooks_.events_for(webhook, visibility, limit);
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
    const bool all_read = std::ssize(events) < limit;
    if (all_read) co_await webhooks_.advance(webhook.id, head, false);
    if (!all_read) co_await webhooks_.put_back(webhook.id, 0ms);
}

awaitable<std::int64_t> WebhookCourier::replay(const TakenWebhook& webhook, const Visibility& visibility, std::int64_t limit) {
    for (std::int64_t tried = 0; tried < limit; ++tried) {
        const auto event = co_await webhooks_.next_replay(webhook.id);
        if (!event) co_return tried;
        Delivery delivery{"the owner may not see it any more"};
        if (visibility.allows(*event)) delivery = co_await deliver(webhook, *event);
        co_await webhooks_.replayed(webhook.id, event->id, std::move(delivery.error));
    }
    co_return limit;
}

awaitable<WebhookCourier::Delivery> WebhookCourier::deliver(const TakenWebhook& webhook, const bus::Envelope& event) {
    auto url = outgoing::WebUrl::parse(webhook.url);
    if (!url) co_return Delivery{"the address is not good any more"};
    outgoing::HttpRequest request{.verb = http::Verb::post, .url = std::move(*url), .body = bus::to_json(event)};
    request.deadline = answer_deadline;
    const auto timestamp = unix_seconds(now());
    request.headers.add("Content-Type", "application/json");
    request.headers.add("webhook-id", event.id);
    request.headers.add("webhook-timestamp", std::to_string(timestamp));
    // Several are separated by spaces; the receiver takes whichever it can check.
    auto signature = webhook_signature(webhook.secret, event.id, timestamp, request.body);
    if (webhook.previous_secret) {
        signature += ' ' + webhook_signature(*webhook.previous_secret, event.id, timestamp, request.body);
    }
    request.headers.add("webhook-signature", signature);
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
