#include "services/images/subscriptions.hpp"

#include "services/images/removed_users_repository.hpp"

namespace darkroom::images {

std::vector<bus::EventHandler> Subscriptions::handlers() {
    auto forget = bus::on<events::UserDeleted>(*this, &Subscriptions::forget_user);
    forget.committed = on_removed_;
    return {std::move(forget)};
}

awaitable<> Subscriptions::forget_user(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope) {
    const auto user = UserId::trusted(event.user_id);
    co_await mark_removed(transaction, user);
    co_await uploads_.remove_all(transaction, user, envelope.correlation_id);
}

}  // namespace darkroom::images
