// Sends what the outbox holds to the bus.
#pragma once

#include "platform/bus/outbox.hpp"
#include "platform/pg/listener.hpp"

#include <functional>
#include <memory>
#include <string>

namespace darkroom::bus {

/// Delivers a batch; returning means acknowledged. Failure{invalid | malformed | too_large} means that the bus will never take
/// it (a batch is then sent one by one and the refused event parked in dead_letters); anything else is tried again.
using Publisher = std::function<awaitable<>(std::vector<Envelope>)>;

struct RelayOptions {
    /// The pool's url, for LISTEN.
    std::string database_url;
    std::int64_t batch = 500;
    /// Looks into the outbox at least this often: a notification can be lost.
    Milliseconds poll = 5s;
    Milliseconds first_backoff = 100ms;
    Milliseconds max_backoff = 5s;
};

/// Order is kept per schema: one relay at a time holds the schema's lock while it sends, others (further instances of the
/// service) wait their turn. A row is deleted only in the transaction that saw its acknowledgement, so a crash sends it again
/// with the same id.
class Relay {
public:
    /// References must outlive `run`.
    Relay(Runtime& runtime, pg::Pool& pool, Publisher publish, RelayOptions options);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Runs until cancelled; spawn it in a TaskGroup. Never fails: what goes wrong is logged and tried again with backoff.
    awaitable<> run();
    /// Sends one batch; the number of events sent, 0 when there is nothing or another instance is at it.
    awaitable<std::size_t> send_batch();

    std::uint64_t sent() const;
    /// Since when nothing can be sent, though something waits; zero while all is well.
    Milliseconds failing_for() const;

private:
    struct State;
    static awaitable<> run_state(std::shared_ptr<State> state);
    static awaitable<std::size_t> send_batch_of(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace darkroom::bus
