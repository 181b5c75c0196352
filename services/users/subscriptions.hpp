// What this service does when it hears of accounts.
#pragma once

#include "events/user_created.hpp"
#include "events/user_deleted.hpp"
#include "events/user_login.hpp"
#include "events/user_updated.hpp"
#include "platform/bus/consumer.hpp"

namespace darkroom::users {

/// Idempotent, each inside the transaction that also moves the checkpoint.
class Subscriptions {
public:
    std::vector<bus::EventHandler> handlers();

private:
    awaitable<> keep_created(pg::Transaction& transaction, events::UserCreated event, bus::Envelope envelope);
    awaitable<> keep_updated(pg::Transaction& transaction, events::UserUpdated event, bus::Envelope envelope);
    awaitable<> forget_deleted(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope);
    awaitable<> note_login(pg::Transaction& transaction, events::UserLogin event, bus::Envelope envelope);
};

}  // namespace darkroom::users
