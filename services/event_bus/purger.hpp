// Forgets deleted users.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/bus/envelope.hpp"
#include "services/event_bus/purges_repository.hpp"

namespace darkroom::event_bus {

class Purger {
public:
    Purger(Executor executor, PurgesRepository& repository) : repository_(repository), wake_(executor) {}

    void on_stored(const std::vector<bus::Envelope>& events);
    /// Until cancelled; spawn it in a TaskGroup. The database may be away.
    awaitable<> run();

private:
    awaitable<> purge();

    PurgesRepository& repository_;
    Notifier wake_;
};

}  // namespace darkroom::event_bus
