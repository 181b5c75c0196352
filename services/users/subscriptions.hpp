// What this service does when it hears of accounts.
#pragma once

#include "events/token_refreshed.hpp"
#include "events/user_created.hpp"
#include "events/user_deleted.hpp"
#include "events/user_login.hpp"
#include "events/user_updated.hpp"
#include "platform/bus/consumer.hpp"
#include "services/users/profile_cache.hpp"

namespace darkroom::users {

/// Idempotent, each inside the transaction that also moves the checkpoint.
class Subscriptions {
public:
    explicit Subscriptions(ProfileCache& cache) : cache_(cache) {}

    std::vector<bus::EventHandler> handlers();

private:
    awaitable<> keep_created(pg::Transaction& transaction, events::UserCreated event, bus::Envelope envelope);
    awaitable<> keep_updated(pg::Transaction& transaction, events::UserUpdated event, bus::Envelope envelope);
    awaitable<> forget_deleted(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope);
    awaitable<> note_login(pg::Transaction& transaction, events::UserLogin event, bus::Envelope envelope);
    awaitable<> note_refresh(pg::Transaction& transaction, events::TokenRefreshed event, bus::Envelope envelope);

    /// Tells the cache that this row changes; `end_write` once the transaction is committed.
    awaitable<> begin_write(pg::Transaction& transaction, UserId id);
    void end_write();

    ProfileCache& cache_;
    /// The one that is being applied: events come one after the other.
    std::optional<ProfileWrite> write_;
};

}  // namespace darkroom::users
