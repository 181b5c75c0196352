// The one writer: gathers what waits, stores it in one transaction, then acknowledges and hands on.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/event_bus/events_repository.hpp"

#include <deque>
#include <functional>

namespace darkroom::event_bus {

struct WriterOptions {
    std::size_t max_batch = 1024;
    /// Events waiting beyond this are refused ("bus_overloaded", 503): the producers' outboxes keep them.
    std::size_t max_waiting = 20'000;
};

class Writer {
public:
    /// Whom the writer tells. They must not throw.
    struct Listeners {
        /// Every newly stored event, in rising position, after the commit.
        std::function<void(const std::vector<bus::Envelope>&)> on_stored;
        /// The log's head when an epoch begins: up to there events may be stored that nobody was told of, by a writer that died
        /// after its commit or by a commit whose answer was lost.
        std::function<void(std::int64_t)> on_head;
    };

    Writer(Runtime& runtime, EventsRepository& repository, telemetry::Metrics& metrics, Listeners listeners,
           WriterOptions options = {});

    /// Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();
    /// Returns the events with their positions once they are durable. Throws Failure unavailable when they are not; they may be
    /// sent again with the same ids then.
    awaitable<std::vector<bus::Envelope>> publish(std::vector<bus::Envelope> events);

private:
    struct Submission {
        std::vector<bus::Envelope> events;
        OneShot<Result<std::vector<bus::Envelope>>> done;
    };

    awaitable<> begin_epoch();
    awaitable<> try_begin_epoch();
    std::vector<Submission> take_batch();
    awaitable<Appended> append(const std::vector<bus::Envelope>& events);
    awaitable<> store(std::vector<Submission> batch);
    void acknowledge(std::vector<Submission>& batch, const Appended& appended);

    Runtime& runtime_;
    EventsRepository& repository_;
    Listeners listeners_;
    WriterOptions options_;
    Notifier wake_;
    std::deque<Submission> waiting_;
    std::size_t waiting_events_ = 0;
    /// 0: none yet.
    std::int64_t epoch_ = 0;
    prometheus::Counter& stored_;
    prometheus::Counter& repeated_;
    prometheus::Histogram& append_seconds_;
};

}  // namespace darkroom::event_bus
