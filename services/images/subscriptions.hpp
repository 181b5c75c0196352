// What image-service does when others tell it something.
#pragma once

#include "events/user_deleted.hpp"
#include "platform/bus/consumer.hpp"
#include "services/images/uploads.hpp"

namespace darkroom::images {

class Subscriptions {
public:
    /// `on_removed` is called once a user's rows are gone: the files can be collected.
    explicit Subscriptions(Uploads& uploads, std::function<void()> on_removed = {})
        : uploads_(uploads), on_removed_(std::move(on_removed)) {}

    std::vector<bus::EventHandler> handlers();

private:
    /// An account is gone, and so is everything it stored.
    awaitable<> forget_user(pg::Transaction& transaction, events::UserDeleted event, bus::Envelope envelope);

    Uploads& uploads_;
    std::function<void()> on_removed_;
};

}  // namespace darkroom::images
