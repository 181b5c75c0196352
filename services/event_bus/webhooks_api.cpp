#include "services/event_bus/webhooks_api.hpp"

#include "services/event_bus/domain/visibility.hpp"
#include "services/event_bus/domain/webhook.hpp"

namespace darkroom::event_bus {

using http::Access;
using http::Verb;

namespace {

constexpr std::size_t max_patterns = 50;

/// Whose subscriptions: for who manages events everybody's.
std::optional<std::string> scope_of(const auth::Caller& caller) {
    if (caller.may(auth::permission::events_manage)) return std::nullopt;
    return caller.user_id.text();
}

Error subscription_not_found() {
    return {Kind::not_found, "subscription_not_found", "there is no such subscription"};
}

}  // namespace

const http::Endpoints<WebhooksApi>& WebhooksApi::endpoints() {
    using auth::permission::events_subscribe;
    static const http::Endpoints<WebhooksApi> table{
        {Verb::post, "/events/subscriptions", Access::permission(events_subscribe), &WebhooksApi::create,
         "Have events sent to an address from now on; the signing secret is shown this once."},
        {Verb::get, "/events/subscriptions", Access::permission(events_subscribe), &WebhooksApi::list,
         "List the caller's webhooks; everybody's for who manages events."},
        {Verb::post, "/events/subscriptions/{id}/rotate-secret", Access::permission(events_subscribe),
         &WebhooksApi::rotate_secret,
         "Get a new signing secret, shown this once; for 24 hours deliveries are signed with the former one, too."},
        {Verb::del, "/events/subscriptions/{id}", Access::permission(events_subscribe), &WebhooksApi::remove,
         "Remove a webhook."},
    };
    return table;
}

awaitable<http::Ok<WebhookReply>> WebhooksApi::create(http::Context& context, http::Body<WebhookRequest> body) {
    auto& request = body.value;
    NewWebhook input{.owner_id = context.caller.user_id.text(),
                     .url = std::move(request.url),
                     .secret = new_webhook_secret(),
                     .sees_all = sees_everything(context.caller)};
    if (request.event_types) input.event_types = std::move(*request.event_types);
    if (input.event_types.empty()) input.event_types.push_back(TypePattern::everything());
    if (input.event_types.size() > max_patterns) fail(invalid_field("event_types", "must be at most 50"));
    auto secret = input.secret;
    auto created = co_await webhooks_.create(std::move(input));
    courier_.wake();
    context.response_headers.set("Cache-Control", "no-store");
    co_return http::Ok<WebhookReply>{{std::move(created), std::move(secret)}, "Subscribed; the secret is not shown again"};
}

awaitable<http::Ok<WebhookList>> WebhooksApi::list(http::Context& context, http::Query<http::PageQuery> query) {
    const auto page = http::PageRequest::of(query->page, query->size);
    const auto owner = scope_of(context.caller);
    http::Ok<WebhookList> reply;
    const auto total = co_await webhooks_.count(owner);
    reply.data.subscriptions = co_await webhooks_.list(owner, page.size, page.offset());
    reply.data.pagination = page.with_total(total);
    co_return reply;
}

awaitable<http::Ok<WebhookReply>> WebhooksApi::rotate_secret(http::Context& context, http::Path<WebhookPath> path) {
    auto secret = new_webhook_secret();
    // Also for who manages everybody's: a secret is its owner's alone.
    auto rotated = co_await webhooks_.rotate_secret(path->id, context.caller.user_id.text(), secret, secret_overlap);
    if (!rotated) fail(subscription_not_found());
    context.response_headers.set("Cache-Control", "no-store");
    co_return http::Ok<WebhookReply>{{std::move(*rotated), std::move(secret)}, "Rotated; the secret is not shown again"};
}

awaitable<http::Ok<>> WebhooksApi::remove(http::Context& context, http::Path<WebhookPath> path) {
    const bool removed = co_await webhooks_.remove(path->id, scope_of(context.caller));
    if (!removed) fail(subscription_not_found());
    co_return http::Ok<>{.message = "Subscription removed"};
}

}  // namespace darkroom::event_bus
