// /events/subscriptions: events sent to an address, signed per Standard Webhooks.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/event_bus/webhook_courier.hpp"

namespace darkroom::event_bus {

struct WebhookRequest {
    outgoing::WebUrl url{};
    /// Types or families ("image.*"); all where it is absent.
    std::optional<std::vector<TypePattern>> event_types;
};
BOOST_DESCRIBE_STRUCT(WebhookRequest, (), (url, event_types))

struct WebhookReply : Webhook {
    /// Shown this once.
    std::string secret{};
};
BOOST_DESCRIBE_STRUCT(WebhookReply, (Webhook), (secret))

struct WebhookList {
    std::vector<Webhook> subscriptions;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(WebhookList, (), (subscriptions, pagination))

struct WebhookPath {
    SubscriptionId id{};
};
BOOST_DESCRIBE_STRUCT(WebhookPath, (), (id))

class WebhooksApi {
public:
    WebhooksApi(WebhooksRepository& webhooks, WebhookCourier& courier) : webhooks_(webhooks), courier_(courier) {}

    static const http::Endpoints<WebhooksApi>& endpoints();

private:
    awaitable<http::Ok<WebhookReply>> create(http::Context& context, http::Body<WebhookRequest> body);
    awaitable<http::Ok<WebhookList>> list(http::Context& context, http::Query<http::PageQuery> query);
    awaitable<http::Ok<WebhookReply>> rotate_secret(http::Context& context, http::Path<WebhookPath> path);
    awaitable<http::Ok<>> remove(http::Context& context, http::Path<WebhookPath> path);

    WebhooksRepository& webhooks_;
    WebhookCourier& courier_;
};

}  // namespace darkroom::event_bus
