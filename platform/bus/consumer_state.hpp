// The consumer's coroutines around the sequencer; private to this module.
#pragma once

#include "platform/bus/backoff.hpp"
#include "platform/bus/consumer.hpp"

#include <unordered_map>

namespace darkroom::bus {

/// Shared between the consumer, its coroutine and the subscriber's callbacks, so that none outlives what it uses.
struct Consumer::State : std::enable_shared_from_this<Consumer::State> {
    State(Executor executor, pg::Pool& p, redis::Subscriber& s, Fetcher f, ConsumerOptions o, std::vector<EventHandler> h);

    /// Called by the subscriber.
    void on_message(std::string_view payload);
    void on_doubt();

    awaitable<> run();
    /// One step: apply, fetch, or wait.
    awaitable<> turn();
    awaitable<bool> catch_up(Milliseconds limit);
    awaitable<> keep_reporting(Reporter reporter);

private:
    awaitable<> report_once(const Reporter& reporter);
    awaitable<> replay(std::string letter);
    /// Until no rule pauses events of that type.
    awaitable<> wait_while_paused(std::string type, std::int64_t position);
    awaitable<> load_checkpoint();
    awaitable<> fetch_page();
    awaitable<> handle(Envelope event);
    /// Effect and checkpoint in one transaction.
    awaitable<> apply(const EventHandler& handler, const Envelope& event);
    /// The effect failed for good, or nobody wants the event.
    awaitable<> dead_letter(const Envelope& event, std::string error);
    /// Positions passed over without effect are written down now and then, not one by one.
    awaitable<> write_checkpoint();
    awaitable<> wait_for_news();
    /// What a failed attempt means: wait and try again, or give the event up.
    awaitable<> after_failure(const Envelope& event, std::string error, bool counts);
    void moved(std::int64_t position);

public:
    pg::Pool& pool;
    redis::Subscriber& subscriber;
    Fetcher fetch;
    ConsumerOptions options;
    std::unordered_map<std::string, EventHandler> handlers;
    Sequencer sequencer{0};
    Notifier news;
    Notifier progress;
    Notifier rules_changed;
    ConsumerStats stats;
    std::vector<RouteRule> rules;
    std::optional<HeldEvent> held;
    bool paused = false;

private:
    Backoff backoff_;
    bool loaded_ = false;
    /// What the database says; `sequencer.last()` may be ahead by events without handler.
    std::int64_t checkpoint_ = 0;
    SteadyClock::time_point checkpoint_written_{};
    SteadyClock::time_point inbox_pruned_ = SteadyClock::now();
    std::int64_t failing_position_ = 0;
    int attempts_ = 0;
};

}  // namespace darkroom::bus
