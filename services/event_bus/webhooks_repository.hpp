// Webhook subscriptions, and what is to be sent to them.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/outgoing/web_url.hpp"
#include "platform/pg/pool.hpp"
#include "services/event_bus/domain/event_type.hpp"
#include "services/event_bus/domain/visibility.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::event_bus {

struct SubscriptionTag {};
using SubscriptionId = Id<SubscriptionTag>;

enum class WebhookStatus { active, disabled };
BOOST_DESCRIBE_ENUM(WebhookStatus, active, disabled)

/// As its owner sees it.
struct Webhook {
    SubscriptionId id{};
    std::string owner_id{};
    std::string url{};
    std::vector<TypePattern> event_types{};
    WebhookStatus status{};
    std::int64_t position = 0;
    std::int64_t failures = 0;
    std::optional<std::string> last_error{};
    std::optional<Timestamp> last_delivery_at{};
    Timestamp created_at{};
    /// Until then deliveries are signed with the secret before the last rotation, too.
    std::optional<Timestamp> previous_secret_until{};
};
BOOST_DESCRIBE_STRUCT(Webhook, (),
                      (id, owner_id, url, event_types, status, position, failures, last_error, last_delivery_at, created_at,
                       previous_secret_until))

/// One that this instance has in hand.
struct TakenWebhook : Webhook {
    std::string secret{};
    std::optional<std::string> previous_secret{};
    bool sees_all = false;
};
BOOST_DESCRIBE_STRUCT(TakenWebhook, (Webhook), (secret, previous_secret, sees_all))

struct NewWebhook {
    std::string owner_id;
    outgoing::WebUrl url;
    std::vector<TypePattern> event_types;
    std::string secret;
    bool sees_all = false;
};

/// What the owner may see right now, from the log itself.
struct OwnerFacts {
    std::string role{};
    std::string status{};
};
BOOST_DESCRIBE_STRUCT(OwnerFacts, (), (role, status))

class WebhooksRepository {
public:
    static constexpr std::int64_t max_of_owner = 20;

    explicit WebhooksRepository(pg::Pool& pool) : pool_(pool) {}

    /// Begins at the head: what happens from now on. 409 beyond `max_of_owner`.
    awaitable<Webhook> create(NewWebhook input);
    /// Empty owner: everybody's.
    awaitable<std::int64_t> count(std::optional<std::string> owner);
    awaitable<std::vector<Webhook>> list(std::optional<std::string> owner, std::int64_t limit, std::int64_t offset);
    /// The former secret stays good beside the new one for `overlap`. Nothing when the owner has no such webhook.
    awaitable<std::optional<Webhook>> rotate_secret(SubscriptionId id, std::string owner, std::string secret, Seconds overlap);
    awaitable<bool> remove(SubscriptionId id, std::optional<std::string> owner);

    /// Moves all webhooks to the head for which nothing has happened; answers with that head.
    awaitable<std::int64_t> pass_over();
    /// One that is behind `head` or has something to replay; no other instance takes it before `lease` is over.
    awaitable<std::optional<TakenWebhook>> take(Milliseconds lease, std::int64_t head);
    awaitable<std::optional<OwnerFacts>> owner_facts(std::string owner);
    awaitable<std::int64_t> head();
    awaitable<std::vector<bus::Envelope>> events_for(const TakenWebhook& webhook, const Visibility& visibility,
                                                     std::int64_t limit);
    /// Dealt with up to `position`. `delivered`: the webhook stays in hand; otherwise it is given back and looked at again at
    /// once.
    awaitable<> advance(SubscriptionId id, std::int64_t position, bool delivered);
    awaitable<> failed(SubscriptionId id, std::string error, Milliseconds pause);
    awaitable<> give_up(TakenWebhook webhook, bus::Envelope event, std::string error);
    awaitable<> disable(SubscriptionId id, std::string error);
    awaitable<> put_back(SubscriptionId id, Milliseconds pause);
    /// A dead letter that somebody wants tried again.
    awaitable<std::optional<bus::Envelope>> next_replay(SubscriptionId id);
    awaitable<> replayed(SubscriptionId id, std::string event_id, std::optional<std::string> error);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::event_bus
