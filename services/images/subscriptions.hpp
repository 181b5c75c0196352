// What image-service does when others tell it something.
#pragma once

#include "events/user_deleted.hpp"
#include "platform/bus/consumer.hpp"
#include "services/images/uploads.hpp"

namespace darkroom::images {

class Subscriptions {
public:
    explicit Subscriptions(Uploads& uploads) : uploads_(uploads) {}

    std::vector<bus::EventHandler> handlers();

private:
    /// An account is gone, and so is everything it stored.
    awaitable<> forget_user(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope);

    Uploads& uploads_;
};

}  // namespace darkroom::images
