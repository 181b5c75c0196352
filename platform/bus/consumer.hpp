// Applies the bus's events to a service's own tables: in order, each exactly once, also with several instances running.
//
//     redis::Subscriber subscriber(...);                      // own one per process
//     bus::Consumer consumer(runtime.executor(), pool, subscriber, bus::http_fetcher(...), {.name = "notification-service"},
//                            {bus::on<events::UserCreated>(subscriptions, &Subscriptions::welcome), ...});
//     runtime.tasks().spawn("consumer", consumer.run());
//     subscriber.start();
//
//     awaitable<> Subscriptions::welcome(pg::Transaction& transaction, events::UserCreated event, bus::Envelope envelope) {
//         co_await transaction.execute(insert_notification, ...);   // no commit: the consumer commits effect and checkpoint
//     }
#pragma once

#include "platform/bus/consumer_report.hpp"
#include "platform/bus/outbox.hpp"
#include "platform/bus/sequencer.hpp"
#include "platform/redis/subscriber.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace darkroom::bus {

inline constexpr const char* events_channel = "darkroom.events";
inline constexpr const char* live_channel = "darkroom.live";

/// Reads the bus's store: events with position > `after`, oldest first, at most `limit`, and the head. The head must have been
/// read before the events, or with them.
using Fetcher = std::function<awaitable<Page>(std::int64_t after, std::int64_t limit)>;

/// Runs inside the transaction that also moves the checkpoint. Exceptions roll both back: the event is tried again with backoff
/// and finally parked in dead_letters. A database or another service that is away is waited for instead.
struct EventHandler {
    std::string type;
    std::function<awaitable<>(pg::Transaction&, const Envelope&)> handle;
    /// Called once what `handle` did is committed; not after a failure, and not when a crash comes in between.
    std::function<void()> committed{};
};

struct ConsumerOptions {
    /// Identifies the checkpoint; shared by all instances of a service.
    std::string name;
    std::int64_t page = 1000;
    /// How often the store is read when Redis is away, and when it is there (a safety net).
    Milliseconds poll_without_redis = 1s;
    Milliseconds poll_with_redis = 5s;
    int max_attempts = 6;
    Milliseconds first_backoff = 100ms;
    Milliseconds max_backoff = 5s;
    /// Positions passed over without an effect are written down this often.
    Milliseconds checkpoint_interval = 1s;
    /// How often the bus hears of it while it moves, and while it does not.
    Milliseconds report_moving = 1s;
    Milliseconds report_idle = 5s;
};

/// What health and metrics want to know.
struct ConsumerStats {
    std::int64_t position = 0;
    std::int64_t head = 0;
    std::uint64_t applied = 0;
    std::uint64_t retried = 0;
    std::uint64_t dead_lettered = 0;
    std::uint64_t gaps = 0;
};

class Consumer {
public:
    /// References must outlive `run`. Subscribes to `events_channel`; the owner calls `subscriber.start()`. A new consumer
    /// begins at position 0. Events of a type without handler are passed over.
    Consumer(Executor executor, pg::Pool& pool, redis::Subscriber& subscriber, Fetcher fetch, ConsumerOptions options,
             std::vector<EventHandler> handlers);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// Runs until cancelled; spawn it in a TaskGroup. Never fails: what goes wrong is logged and tried again with backoff.
    awaitable<> run();
    /// Waits until everything stored before this call has been applied; false if that took longer than `limit`.
    awaitable<bool> catch_up(Milliseconds limit);
    ConsumerStats stats() const;
    /// Tells the bus where it stands, and does what the bus answers: routing rules, dead letters to try again. At most each
    /// second while it moves, every five while it does not. Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> keep_reporting(Reporter reporter);

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// The handler of a described event: decodes `data` and calls the member function. `owner` must outlive the consumer.
template <class Event, class Owner>
EventHandler on(Owner& owner, awaitable<> (Owner::*handler)(pg::Transaction&, Event, Envelope)) {
    const auto call = [&owner, handler](pg::Transaction& transaction, const Envelope& envelope) {
        return (owner.*handler)(transaction, decode_data<Event>(envelope).value(), envelope);
    };
    return {std::string(Event::type), call};
}

}  // namespace darkroom::bus
