#include "services/images/subscriptions.hpp"

namespace darkroom::images {

std::vector<bus::EventHandler> Subscriptions::handlers() {
    return {bus::on<events::UserDeleted>(*this, &Subscriptions::forget_user)};
}

awaitable<> Subscriptions::forget_user(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope) {
    co_await uploads_.remove_all(transaction, UserId::trusted(event.user_id), envelope.correlation_id);
}

}  // namespace darkroom::images
