#include "services/notifications/subscriptions.hpp"

#include "events/user_created.hpp"
#include "events/user_deleted.hpp"
#include "events/user_updated.hpp"
#include "platform/core/log.hpp"
#include "services/notifications/backfill.hpp"

namespace darkroom::notifications {

std::vector<bus::EventHandler> Subscriptions::handlers() {
    std::vector<bus::EventHandler> handlers;
    for (const auto& rule : rules()) {
        handlers.push_back(
            {std::string(rule.event_type), [this, rule](pg::Transaction& transaction, const bus::Envelope& envelope) {
                 return tell(transaction, rule, envelope);
             }});
    }
    handlers.push_back(
        {std::string(events::UserDeleted::type),
         [this](pg::Transaction& transaction, const bus::Envelope& envelope) { return forget(transaction, envelope); }});
    return handlers;
}

awaitable<> Subscriptions::tell(pg::Transaction& transaction, Rule rule, bus::Envelope envelope) {
    // First, so that a welcome knows where to go.
    if (rule.event_type == events::UserCreated::type || rule.event_type == events::UserUpdated::type) {
        co_await recipients_.remember(transaction, recipient_of(envelope).value());
    }
    auto draft = rule.draft(envelope.data).value();
    if (!draft) co_return;
    if (!envelope.user_id) {
        log::warning("an event tells nobody", {{"event_id", envelope.id}, {"type", envelope.type}});
        co_return;
    }
    const auto type = draft->type;
    const auto user = UserId::trusted(*envelope.user_id);
    Cause cause{"event:" + envelope.id, envelope.correlation_id};
    const auto created = co_await repository_.create(transaction, user, std::move(*draft), std::move(cause));
    if (created) on_created_(type);
}

awaitable<> Subscriptions::forget(pg::Transaction& transaction, bus::Envelope envelope) {
    const auto event = bus::decode_data<events::UserDeleted>(envelope).value();
    co_await repository_.forget(transaction, UserId::trusted(event.user_id));
    co_await recipients_.forget(transaction, UserId::trusted(event.user_id));
}

}  // namespace darkroom::notifications
