// Tells the other processes of what was stored, through Redis Pub/Sub. Best effort: the store is the truth.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/bus/envelope.hpp"
#include "platform/core/time.hpp"
#include "platform/redis/client.hpp"

namespace darkroom::event_bus {

class Fanout {
public:
    Fanout(Executor executor, redis::Client& redis) : redis_(redis), moved_(executor) {}

    /// Never waits; with Redis away nothing is sent, and consumers poll.
    void publish(const std::vector<bus::Envelope>& stored);
    /// The head as the store has it: consumers that were not told of something notice it by the next beacon.
    void know_head(std::int64_t position);
    /// Repeats the head, so that a lost last message is noticed: every 50 ms for a while after an event, every second when
    /// quiet. Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> repeat_head();

private:
    redis::Client& redis_;
    Notifier moved_;
    std::int64_t head_ = 0;
    SteadyClock::time_point changed_at_{};
};

}  // namespace darkroom::event_bus
