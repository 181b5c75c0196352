#include "services/event_bus/purger.hpp"

#include "events/user_deleted.hpp"
#include "platform/core/log.hpp"

#include <algorithm>

namespace darkroom::event_bus {

namespace {

/// Another instance may have stored it.
constexpr Milliseconds poll_interval = 5s;

}  // namespace

void Purger::on_stored(const std::vector<bus::Envelope>& events) {
    const auto is_removal = [](const bus::Envelope& event) { return event.type == events::UserDeleted::type; };
    if (std::ranges::any_of(events, is_removal)) wake_.notify();
}

awaitable<> Purger::run() {
    while (true) {
        const auto seen = wake_.count();
        try {
            co_await purge();
        } catch (const Failure& failure) {  // the database is away: asked again until it is back
            log::debug("deleted users are not purged yet", {{"reason", failure.error().detail}});
        }
        co_await wake_.wait_past(seen, poll_interval);
    }
}

awaitable<> Purger::purge() {
    auto removal = co_await repository_.next();
    while (removal) {
        co_await repository_.purge(std::move(*removal));
        removal = co_await repository_.next();
    }
    bool finished = true;
    while (finished) finished = co_await repository_.finish_one();
}

}  // namespace darkroom::event_bus
