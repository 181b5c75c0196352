#include "services/event_bus/writer.hpp"

#include "platform/core/log.hpp"

namespace darkroom::event_bus {

namespace {

/// A wake-up cannot be lost on one thread; this only bounds the wait.
constexpr Milliseconds idle_wait = 10s;
constexpr Milliseconds epoch_retry = 200ms;
/// Two writers that take the epoch from each other must not do so in lockstep for ever.
constexpr int max_epochs_per_batch = 5;

}  // namespace

Writer::Writer(Runtime& runtime, EventsRepository& repository, telemetry::Metrics& metrics, Listeners listeners,
               WriterOptions options)
    : runtime_(runtime),
      repository_(repository),
      listeners_(std::move(listeners)),
      options_(options),
      wake_(runtime.executor()),
      stored_(metrics.counter("darkroom_events_stored_total", "Events stored in the log.")),
      repeated_(metrics.counter("darkroom_events_repeated_total", "Events that were stored already when they came again.")),
      append_seconds_(
          metrics.histogram("darkroom_events_append_seconds", "Time of one group commit.", {}, telemetry::time_buckets())) {}

awaitable<std::vector<bus::Envelope>> Writer::publish(std::vector<bus::Envelope> events) {
    if (events.empty()) co_return events;
    if (waiting_events_ + events.size() > options_.max_waiting) {
        fail({Kind::unavailable,
              "bus_overloaded",
              "too many events are waiting to be stored; send again shortly",
              {},
              Seconds{1}});
    }
    waiting_events_ += events.size();
    const OneShot<Result<std::vector<bus::Envelope>>> done(runtime_.executor());
    waiting_.push_back({std::move(events), done});
    wake_.notify();
    auto outcome = co_await done.wait();
    co_return std::move(outcome.value());
}

awaitable<> Writer::run() {
    while (true) {
        if (epoch_ == 0) co_await try_begin_epoch();
        if (waiting_.empty()) {
            co_await wake_.wait_for(epoch_ == 0 ? epoch_retry : idle_wait);
            continue;
        }
        co_await store(take_batch());
    }
}

awaitable<> Writer::begin_epoch() {
    const auto head = co_await repository_.begin_epoch();
    epoch_ = head.epoch;
    log::info("writing with a new epoch", {{"epoch", head.epoch}, {"head", head.position}});
    listeners_.on_head(head.position);
}

awaitable<> Writer::try_begin_epoch() {
    try {
        co_await begin_epoch();
    } catch (const Failure&) {  // the database is away: asked again; who publishes meanwhile is told
    }
}

std::vector<Writer::Submission> Writer::take_batch() {
    std::vector<Submission> batch;
    std::size_t events = 0;
    while (!waiting_.empty() && (batch.empty() || events + waiting_.front().events.size() <= options_.max_batch)) {
        events += waiting_.front().events.size();
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    waiting_events_ -= events;
    return batch;
}

awaitable<Appended> Writer::append(const std::vector<bus::Envelope>& events) {
    for (int attempt = 0; attempt < max_epochs_per_batch; ++attempt) {
        if (epoch_ == 0) co_await begin_epoch();
        bool fenced = false;
        Appended appended;
        try {
            appended = co_await repository_.append(epoch_, events);
        } catch (const pg::DatabaseError& error) {  // fenced: another writer took over while we were away
            if (!is_fenced(error)) throw;
            fenced = true;
        }
        if (!fenced) co_return appended;
        log::warning("fenced by a newer epoch", {{"epoch", epoch_}});
        epoch_ = 0;
    }
    fail({Kind::unavailable, "bus_fenced", "another writer keeps taking over; send again shortly", {}, Seconds{1}});
}

awaitable<> Writer::store(std::vector<Submission> batch) {
    std::vector<bus::Envelope> events;
    for (const auto& submission : batch) events.insert(events.end(), submission.events.begin(), submission.events.end());

    const auto started = SteadyClock::now();
    std::optional<Error> refusal;
    Appended appended;
    try {
        appended = co_await append(events);
    } catch (const Failure& failure) {  // every producer of the batch must be told, and the writer must go on
        refusal = failure.error();
    } catch (const pg::DatabaseError& error) {
        log::error("a batch could not be stored", {{"events", events.size()}, {"error", error.what()}});
        refusal = Error{Kind::unavailable, "bus_failed", "the events could not be stored", {}, Seconds{1}};
    }
    const std::chrono::duration<double> took = SteadyClock::now() - started;
    append_seconds_.Observe(took.count());
    if (refusal) {
        // Whether the batch was stored is unknown: the head is read anew before anything else.
        epoch_ = 0;
        for (const auto& submission : batch) submission.done.set(*refusal);
        co_return;
    }
    acknowledge(batch, appended);
}

void Writer::acknowledge(std::vector<Submission>& batch, const Appended& appended) {
    std::vector<bus::Envelope> fresh;
    std::size_t at = 0;
    auto last = appended.old_head;
    for (auto& submission : batch) {
        for (auto& event : submission.events) {
            event.position = appended.positions.at(at++);
            // Behind the old head, or seen a moment ago in this very batch: a repetition.
            if (event.position <= last) continue;
            last = event.position;
            fresh.push_back(event);
        }
    }
    stored_.Increment(static_cast<double>(fresh.size()));
    repeated_.Increment(static_cast<double>(at - fresh.size()));
    for (auto& submission : batch) submission.done.set(std::move(submission.events));
    if (!fresh.empty()) listeners_.on_stored(fresh);
}

}  // namespace darkroom::event_bus
