// What the service does when the bus tells it something. Every handler runs in the transaction that moves the checkpoint.
#pragma once

#include "platform/bus/consumer.hpp"
#include "services/notifications/domain/rules.hpp"
#include "services/notifications/notifications_repository.hpp"
#include "services/notifications/recipients_repository.hpp"

#include <functional>
#include <vector>

namespace darkroom::notifications {

class Subscriptions {
public:
    using OnCreated = std::function<void(NotificationType)>;

    /// `on_created` counts; it is called before the commit.
    Subscriptions(NotificationsRepository& repository, RecipientsRepository& recipients, OnCreated on_created)
        : repository_(repository), recipients_(recipients), on_created_(std::move(on_created)) {}

    /// One handler per row of `rules()`, and one that forgets deleted users. What tells of an account is remembered too. `this`
    /// must outlive the consumer.
    std::vector<bus::EventHandler> handlers();

private:
    awaitable<> tell(pg::Transaction& transaction, Rule rule, bus::Envelope envelope);
    awaitable<> forget(pg::Transaction& transaction, bus::Envelope envelope);

    NotificationsRepository& repository_;
    RecipientsRepository& recipients_;
    OnCreated on_created_;
};

}  // namespace darkroom::notifications
