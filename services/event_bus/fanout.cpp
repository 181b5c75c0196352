#include "services/event_bus/fanout.hpp"

#include "platform/async/deadline.hpp"
#include "platform/bus/consumer.hpp"

namespace darkroom::event_bus {

namespace {

constexpr Milliseconds busy_interval = 50ms;
/// Each beacon wakes every consumer: when nothing has moved for a while, seldom is enough.
constexpr Milliseconds quiet_interval = 1s;
constexpr Milliseconds busy_after_event = 2s;

}  // namespace

void Fanout::publish(const std::vector<bus::Envelope>& stored) {
    for (const auto& event : stored) {
        redis_.send({"PUBLISH", bus::events_channel, std::to_string(event.position) + ' ' + bus::to_json(event)});
    }
    know_head(stored.back().position);
}

void Fanout::know_head(std::int64_t position) {
    head_ = std::max(head_, position);
    changed_at_ = SteadyClock::now();
    moved_.notify();
}

awaitable<> Fanout::repeat_head() {
    while (true) {
        if (head_ > 0) redis_.send({"PUBLISH", bus::events_channel, "H " + std::to_string(head_)});
        const bool busy = SteadyClock::now() - changed_at_ < busy_after_event;
        // An event ends a quiet pause; during a busy time the interval is kept, or every event would bring a beacon.
        if (busy) {
            co_await pause_for(busy_interval);
        } else {
            co_await moved_.wait_for(quiet_interval);
        }
    }
}

}  // namespace darkroom::event_bus
