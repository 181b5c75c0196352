#include "services/users/subscriptions.hpp"

#include "services/users/users_repository.hpp"

namespace darkroom::users {

std::vector<bus::EventHandler> Subscriptions::handlers() {
    std::vector<bus::EventHandler> handlers{bus::on<events::UserCreated>(*this, &Subscriptions::keep_created),
                                            bus::on<events::UserUpdated>(*this, &Subscriptions::keep_updated),
                                            bus::on<events::UserDeleted>(*this, &Subscriptions::forget_deleted),
                                            bus::on<events::UserLogin>(*this, &Subscriptions::note_login),
                                            bus::on<events::TokenRefreshed>(*this, &Subscriptions::note_refresh)};
    for (auto& handler : handlers) handler.committed = [this] { end_write(); };
    return handlers;
}

awaitable<> Subscriptions::keep_created(pg::Transaction& transaction, events::UserCreated event, bus::Envelope) {
    auto account = account_from(event).value();
    co_await begin_write(transaction, account.id);
    co_await store_copy(transaction, std::move(account));
}

// Also our own events about preferences: they carry the version we already have, and change nothing.
awaitable<> Subscriptions::keep_updated(pg::Transaction& transaction, events::UserUpdated event, bus::Envelope) {
    auto account = account_from(event).value();
    account.deleted_at = event.deleted_at;
    co_await begin_write(transaction, account.id);
    co_await store_copy(transaction, std::move(account));
}

awaitable<> Subscriptions::forget_deleted(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope) {
    const auto id = UserId::trusted(std::move(event.user_id));
    co_await begin_write(transaction, id);
    co_await forget(transaction, id);
}

awaitable<> Subscriptions::note_login(pg::Transaction& transaction, events::UserLogin event, bus::Envelope envelope) {
    const auto id = UserId::trusted(std::move(event.user_id));
    co_await begin_write(transaction, id);
    co_await users::note_login(transaction, id, envelope.timestamp);
}

// Nobody sees it but the statistics: what is cached stays right.
awaitable<> Subscriptions::note_refresh(pg::Transaction& transaction, events::TokenRefreshed event, bus::Envelope envelope) {
    co_await note_activity(transaction, UserId::trusted(std::move(event.user_id)), envelope.timestamp);
}

awaitable<> Subscriptions::begin_write(pg::Transaction& transaction, UserId id) {
    write_ = co_await cache_.begin_write(std::move(id));
    if (!write_->announced) co_await note_uncached_write(transaction, write_->id);
}

void Subscriptions::end_write() {
    if (write_) cache_.end_write(*write_);
    write_.reset();
}

}  // namespace darkroom::users
