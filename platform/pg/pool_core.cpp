#include "platform/pg/pool_core.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

#include <algorithm>
#include <random>

namespace darkroom::pg {

namespace {

/// Between attempts to connect. Jitter keeps services from knocking in step after an outage.
Milliseconds backoff_after(int failures) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto ceiling = std::min<std::int64_t>(2000, std::int64_t{100} << std::min(failures, 5));
    return Milliseconds{std::uniform_int_distribution<std::int64_t>{ceiling / 2, ceiling}(random)};
}

}  // namespace

Lease::Lease(std::shared_ptr<PoolCore> core, std::shared_ptr<Connection> connection)
    : core_(std::move(core)), connection_(std::move(connection)) {}

Lease::~Lease() {
    core_->give_back(connection_);
}

PoolCore::PoolCore(Executor executor, CpuPool& cpu, PoolOptions options)
    : executor_(executor),
      cpu_(cpu),
      options_(std::move(options)),
      url_(DatabaseUrl::parse(options_.url)),
      tasks_(executor),
      connected_(executor) {
    options_.connections = std::max<std::size_t>(options_.connections, 2);
}

void PoolCore::start() {
    grow();
}

void PoolCore::close() {
    if (std::exchange(closed_, true)) return;
    tasks_.cancel();
    const auto entries = std::exchange(entries_, {});
    for (const auto& entry : entries) entry.connection->close();
    for (const auto& waiter : lease_waiters_) waiter.set(nullptr);
    connected_.notify();
}

// ---- statements outside a transaction ----------------------------------------------------------------------------------

awaitable<ResultSet> PoolCore::run(Query query, Parameters parameters, ConstraintErrors errors) {
    const auto self = shared_from_this();
    const auto started = SteadyClock::now();
    auto connection = least_loaded();
    if (!connection) connection = co_await wait_for_connection();
    const OneShot<std::shared_ptr<Completion>> done(executor_);
    const auto store = [done](Completion completion) { done.set(std::make_shared<Completion>(std::move(completion))); };
    connection->send(query, parameters, false, store);
    // The server's own timeout ends a slow statement; this is for those queued behind it.
    const auto completion = co_await done.wait_for(options_.statement_deadline + 1s);
    if (!completion) fail(database_unavailable());
    log_if_slow(query, started);
    co_return unwrap(std::move(**completion), query, errors);
}

std::shared_ptr<Connection> PoolCore::least_loaded() {
    std::shared_ptr<Connection> best;
    for (const auto& [connection, leased] : entries_) {
        if (!leased && (!best || connection->in_flight() < best->in_flight())) best = connection;
    }
    // Pipelining makes a shared connection cheap, but a slow statement holds up those behind it.
    if (!best || best->in_flight() > 0) grow();
    return best;
}

awaitable<std::shared_ptr<Connection>> PoolCore::wait_for_connection() {
    const auto until = SteadyClock::now() + options_.acquire_deadline;
    struct Count {
        std::size_t& waiters;
        explicit Count(std::size_t& w) : waiters(w) { ++waiters; }
        ~Count() { --waiters; }
    };
    refuse_when_hopeless();
    const Count count(statement_waiters_);
    while (true) {
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        if (left <= 0ms) fail(database_unavailable());
        co_await connected_.wait_for(left);
        if (auto connection = least_loaded()) co_return connection;
        refuse_when_hopeless();
    }
}

void PoolCore::refuse_when_hopeless() const {
    const bool away = entries_.empty() && last_attempt_failed_;
    if (closed_ || away || lease_waiters_.size() + statement_waiters_ >= options_.max_waiting) fail(database_unavailable());
}

void PoolCore::log_if_slow(Query query, SteadyClock::time_point started) const {
    const auto took = std::chrono::floor<Milliseconds>(SteadyClock::now() - started);
    if (took >= options_.slow_statement)
        log::warning("slow statement", {{"query", query.name}, {"milliseconds", took.count()}});
}

// ---- leases ------------------------------------------------------------------------------------------------------------

template <class List>
class PoolCore::Place {
public:
    Place(List& list, Grant grant) : list_(list), at_(list.insert(list.end(), std::move(grant))) {}
    ~Place() { list_.erase(at_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    List& list_;
    typename List::iterator at_;
};

awaitable<std::shared_ptr<Lease>> PoolCore::lease() {
    const auto self = shared_from_this();
    // Who waits already goes first.
    if (lease_waiters_.empty()) {
        if (auto lease = try_lease()) co_return lease;
    }
    refuse_when_hopeless();
    const Grant grant(executor_);
    const Place place(lease_waiters_, grant);
    grow();
    auto lease = co_await grant.wait_for(options_.acquire_deadline);
    if (!lease || !*lease) fail(database_unavailable());
    co_return std::move(*lease);
}

std::shared_ptr<Lease> PoolCore::try_lease() {
    const auto leased = static_cast<std::size_t>(std::ranges::count(entries_, true, &Entry::leased));
    if (leased + 1 >= options_.connections) return nullptr;
    Entry* best = nullptr;
    for (auto& entry : entries_) {
        if (!entry.leased && (best == nullptr || entry.connection->in_flight() < best->connection->in_flight())) best = &entry;
    }
    if (best == nullptr) return nullptr;
    best->leased = true;
    // Statements that are still in flight on it come first, in order; plain statements now need another one.
    if (leased + 1 == entries_.size()) grow();
    return std::make_shared<Lease>(shared_from_this(), best->connection);
}

void PoolCore::give_back(const std::shared_ptr<Connection>& connection) {
    for (auto& entry : entries_) {
        if (entry.connection == connection) entry.leased = false;
    }
    serve_waiters();
}

void PoolCore::serve_waiters() {
    connected_.notify();
    for (const auto& waiter : lease_waiters_) {
        if (waiter.is_set()) continue;
        if (entries_.empty() && last_attempt_failed_) {
            waiter.set(nullptr);
            continue;
        }
        auto lease = try_lease();
        if (!lease) break;
        waiter.set(std::move(lease));
    }
}

// ---- connecting --------------------------------------------------------------------------------------------------------

bool PoolCore::wants_connection() const {
    if (closed_ || entries_.size() >= options_.connections) return false;
    return entries_.empty() || grow_wanted_ || statement_waiters_ > 0 || !lease_waiters_.empty();
}

void PoolCore::grow() {
    grow_wanted_ = true;
    if (connecting_ || !wants_connection()) return;
    connecting_ = true;
    tasks_.spawn("pg-connect", connect_while_wanted(shared_from_this()));
}

awaitable<> PoolCore::connect_while_wanted(std::shared_ptr<PoolCore> core) {
    struct Mark {
        PoolCore& core;
        ~Mark() { core.connecting_ = false; }
    } const mark{*core};
    int failures = 0;
    while (core->wants_connection()) {
        core->grow_wanted_ = false;
        const bool opened = co_await try_connect(core);
        failures = opened ? 0 : failures + 1;
        core->last_attempt_failed_ = !opened;
        core->serve_waiters();
        if (!opened) co_await pause_for(backoff_after(failures));
    }
}

awaitable<bool> PoolCore::try_connect(std::shared_ptr<PoolCore> core) {
    const auto& options = core->options_;
    const SessionOptions session{.url = core->url_.conninfo,
                                 .connect_deadline = options.connect_deadline,
                                 .statement_deadline = options.statement_deadline,
                                 .idle_transaction_deadline = options.idle_transaction_deadline,
                                 .application_name = options.application_name,
                                 .pooled = core->url_.pooled};
    std::string cause;
    try {
        const auto connection = co_await Connection::open(core->cpu_, session);
        core->add(connection);
        co_return true;
    } catch (const boost::system::system_error& error) {
        if (error.code() == net::error::operation_aborted) throw;
        cause = error.code().message();
    } catch (const std::exception& error) {
        cause = error.what();
    }
    log::warning("cannot connect to PostgreSQL", {{"error", cause}});
    co_return false;
}

void PoolCore::add(const std::shared_ptr<Connection>& connection) {
    if (closed_ || !connection->is_open()) return;
    entries_.push_back({connection, false});
    const auto on_close = [self = weak_from_this(), address = connection.get()] {
        if (const auto core = self.lock()) core->forget(address);
    };
    connection->on_close(on_close);
}

void PoolCore::forget(const Connection* connection) {
    std::erase_if(entries_, [connection](const Entry& entry) { return entry.connection.get() == connection; });
    grow();
}

PoolStats PoolCore::stats() const {
    PoolStats stats;
    stats.open = entries_.size();
    stats.waiting = lease_waiters_.size() + statement_waiters_;
    for (const auto& [connection, leased] : entries_) {
        stats.in_flight += connection->in_flight();
        if (leased) ++stats.in_transaction;
        if (!leased && connection->in_flight() == 0) ++stats.idle;
    }
    return stats;
}

}  // namespace darkroom::pg
