#include "services/users/subscriptions.hpp"

#include "services/users/users_repository.hpp"

namespace darkroom::users {

std::vector<bus::EventHandler> Subscriptions::handlers() {
    return {bus::on<events::UserCreated>(*this, &Subscriptions::keep_created),
            bus::on<events::UserUpdated>(*this, &Subscriptions::keep_updated),
            bus::on<events::UserDeleted>(*this, &Subscriptions::forget_deleted),
            bus::on<events::UserLogin>(*this, &Subscriptions::note_login)};
}

awaitable<> Subscriptions::keep_created(pg::Transaction& transaction, events::UserCreated event, bus::Envelope) {
    co_await store_copy(transaction, account_from(event).value());
}

// Also our own events about preferences: they carry the version we already have, and change nothing.
awaitable<> Subscriptions::keep_updated(pg::Transaction& transaction, events::UserUpdated event, bus::Envelope) {
    co_await store_copy(transaction, account_from(event).value());
}

awaitable<> Subscriptions::forget_deleted(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope) {
    co_await forget(transaction, UserId::trusted(std::move(event.user_id)));
}

awaitable<> Subscriptions::note_login(pg::Transaction& transaction, events::UserLogin event, bus::Envelope envelope) {
    co_await users::note_login(transaction, UserId::trusted(std::move(event.user_id)), envelope.timestamp);
}

}  // namespace darkroom::users
