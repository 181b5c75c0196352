#include "platform/bus/relay.hpp"

#include "platform/async/deadline.hpp"
#include "platform/bus/backoff.hpp"
#include "platform/core/log.hpp"

namespace darkroom::bus {

namespace {

struct OutboxRow {
    std::int64_t sequence = 0;
    std::string id;
    std::string type;
    std::string source;
    Timestamp created_at{};
    std::string data;
    std::string correlation_id;
    std::optional<std::string> user_id;
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (sequence, id, type, source, created_at, data, correlation_id, user_id))

constexpr pg::Query current_channel{"outbox.channel", "SELECT current_schema() || '.outbox'"};
// One relay at a time, or two batches could overtake each other. Released with the transaction.
constexpr pg::Query try_lock{"outbox.try_lock",
                             "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox', 0))"};
// In order of sequence: whoever wrote after seeing another's committed event has the higher number. A transaction that commits
// late with a low number is no harm, as rows are deleted one by one and not up to a number.
constexpr pg::Query oldest_rows{"outbox.oldest", R"sql(
    SELECT sequence, id, type, source, created_at, data, correlation_id, user_id FROM outbox ORDER BY sequence LIMIT $1
)sql"};
constexpr pg::Query delete_rows{"outbox.delete", "DELETE FROM outbox WHERE sequence = ANY($1::bigint[])"};
constexpr pg::Query park_row{"outbox.park", R"sql(
    INSERT INTO dead_letters (consumer, position, event_id, event_type, event, error, attempts)
    VALUES ('outbox', $1, $2, $3, $4, $5, 1)
)sql"};

Envelope to_envelope(OutboxRow row) {
    return {std::move(row.id),   0,           std::move(row.type),           std::move(row.source), row.created_at,
            std::move(row.data), "published", std::move(row.correlation_id), std::move(row.user_id)};
}

/// One request stays well below what the bus takes.
constexpr std::size_t max_batch_bytes = 512 * 1024;

/// Sending the same again cannot help.
bool is_refusal(const Error& error) {
    return error.kind == Kind::invalid || error.kind == Kind::malformed || error.kind == Kind::too_large;
}

}  // namespace

struct Relay::State {
    State(Runtime& r, pg::Pool& p, Publisher f, RelayOptions o)
        : runtime(r), pool(p), publish(std::move(f)), options(std::move(o)), wake(r.executor()), tasks(r.executor()) {}

    Runtime& runtime;
    pg::Pool& pool;
    Publisher publish;
    RelayOptions options;
    Notifier wake;
    TaskGroup tasks;
    std::optional<pg::Listener> listener;
    std::uint64_t sent = 0;
    std::optional<SteadyClock::time_point> failing_since;
};

namespace {

/// The refusal's text, or nullopt when the bus has taken the batch.
awaitable<std::optional<std::string>> offer(const Publisher& publish, std::vector<Envelope> batch) {
    try {
        co_await publish(std::move(batch));
    } catch (const Failure& failure) {
        if (!is_refusal(failure.error())) throw;
        co_return failure.error().detail;
    }
    co_return std::nullopt;
}

/// After a batch was refused as a whole: one bad event must hold up neither its neighbours nor what comes after.
awaitable<> send_one_by_one(const Publisher& publish, pg::Transaction& transaction, const std::vector<Envelope>& batch,
                            const std::vector<std::int64_t>& sequences) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        std::vector<Envelope> single{batch[i]};
        const auto refusal = co_await offer(publish, std::move(single));
        if (!refusal) continue;
        const auto& event = batch[i];
        log::error("event refused by the bus and parked", {{"event_id", event.id}, {"type", event.type}, {"error", *refusal}});
        co_await transaction.execute(park_row, sequences[i], event.id, event.type, to_json(event), *refusal);
    }
}

}  // namespace

Relay::Relay(Runtime& runtime, pg::Pool& pool, Publisher publish, RelayOptions options)
    : state_(std::make_shared<State>(runtime, pool, std::move(publish), std::move(options))) {}

Relay::~Relay() {
    state_->tasks.cancel();
}

std::uint64_t Relay::sent() const {
    return state_->sent;
}

Milliseconds Relay::failing_for() const {
    if (!state_->failing_since) return 0ms;
    return std::chrono::floor<Milliseconds>(SteadyClock::now() - *state_->failing_since);
}

awaitable<std::size_t> Relay::send_batch() {
    return send_batch_of(state_);
}

awaitable<std::size_t> Relay::send_batch_of(std::shared_ptr<State> state) {
    auto transaction = co_await state->pool.begin();
    const auto locked = co_await transaction.one<bool>(try_lock);
    if (!locked) co_return 0;
    auto rows = co_await transaction.all<OutboxRow>(oldest_rows, state->options.batch);
    if (rows.empty()) co_return 0;
    std::vector<std::int64_t> sequences;
    std::vector<Envelope> batch;
    std::size_t bytes = 0;
    for (auto& row : rows) {
        bytes += row.data.size();
        if (!batch.empty() && bytes > max_batch_bytes) break;
        sequences.push_back(row.sequence);
        batch.push_back(to_envelope(std::move(row)));
    }
    const auto refusal = co_await offer(state->publish, batch);
    if (refusal) co_await send_one_by_one(state->publish, transaction, batch, sequences);
    co_await transaction.execute(delete_rows, sequences);
    co_await transaction.commit();
    state->sent += batch.size();
    co_return batch.size();
}

awaitable<> Relay::run() {
    return run_state(state_);
}

awaitable<> Relay::run_state(std::shared_ptr<State> state) {
    struct StopListening {
        State& state;
        ~StopListening() { state.tasks.cancel(); }
    } const stop_listening{*state};
    // Keeps the listener alive as long as its coroutine.
    const auto listen = [](std::shared_ptr<State> shared) -> awaitable<> { co_await shared->listener->run(); };
    Backoff backoff(state->options.first_backoff, state->options.max_backoff);
    while (true) {
        std::string cause;
        std::size_t sent = 0;
        const auto seen = state->wake.count();
        try {
            if (!state->listener) {
                auto channel = co_await state->pool.one<std::string>(current_channel);
                const pg::ListenerOptions options{.url = state->options.database_url, .channel = std::move(channel)};
                state->listener.emplace(state->runtime.cpu(), options, state->wake);
                state->tasks.spawn("outbox-listener", listen(state));
            }
            sent = co_await send_batch_of(state);
            backoff.reset();
            state->failing_since.reset();
        } catch (const boost::system::system_error& error) {
            if (error.code() == net::error::operation_aborted) throw;
            cause = error.what();
        } catch (const std::exception& error) {
            cause = error.what();
        }
        if (!cause.empty()) {
            if (!state->failing_since) state->failing_since = SteadyClock::now();
            log::warning("outbox not sent", {{"error", cause}});
            co_await pause_for(backoff.next());
        } else if (sent == 0) {
            co_await state->wake.wait_past(seen, state->options.poll);
        }
    }
}

}  // namespace darkroom::bus
