// Connections to one PostgreSQL database, shared by every coroutine of a loop. Loop thread only.
//
//     auto user = co_await pool.one<User>(find_user, id);                       // exactly one row
//     auto maybe = co_await pool.maybe<User>(find_user, id);                    // std::optional
//     auto users = co_await pool.all<User>(list_users, limit, offset);          // std::vector
//     auto total = co_await pool.one<std::int64_t>(count_users);                // a scalar
//     auto changed = co_await pool.with(constraint_errors).execute(rename, id, name);
//
//     auto transaction = co_await pool.begin(constraint_errors);
//     co_await transaction.execute(insert_user, …);
//     co_await transaction.commit();
//
// Statements outside a transaction are pipelined: any number share a connection, each on its own (one Sync each). What can go
// wrong is listed in errors.hpp. Every wait has a deadline.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/pg/errors.hpp"
#include "platform/pg/result_set.hpp"

#include <memory>
#include <string>

namespace darkroom::pg {

struct PoolOptions {
    /// DATABASE_URL (url.hpp); std::invalid_argument when it cannot be read.
    std::string url;
    /// At least 2: one is always kept out of transactions, so that plain statements cannot starve.
    std::size_t connections = 8;
    /// How long to wait for a connection.
    Milliseconds acquire_deadline = 3s;
    /// How long a statement may run; the server cancels it then.
    Milliseconds statement_deadline = 10s;
    Milliseconds connect_deadline = 3s;
    /// How long a transaction may stand idle before the server ends it.
    Milliseconds idle_transaction_deadline = 60s;
    /// Callers waiting for a connection beyond this many are refused at once.
    std::size_t max_waiting = 1024;
    /// Slower statements are logged with their name.
    Milliseconds slow_statement = 500ms;
    std::string application_name = "darkroom";
};

/// Gauges.
struct PoolStats {
    std::size_t open = 0;
    std::size_t in_transaction = 0;
    std::size_t idle = 0;
    /// Statements sent and not answered.
    std::size_t in_flight = 0;
    /// Callers waiting for a connection.
    std::size_t waiting = 0;
};

/// The four calls, the same on a pool and on a transaction.
template <class Derived>
class Statements {
public:
    /// All rows.
    template <class Row, class... Args>
    awaitable<std::vector<Row>> all(Query query, const Args&... args) {
        return read_all<Row>(self().run(query, bind_parameters(args...)));
    }
    /// Exactly one row, else std::logic_error.
    template <class Row, class... Args>
    awaitable<Row> one(Query query, const Args&... args) {
        return read_one<Row>(self().run(query, bind_parameters(args...)));
    }
    /// No or one row; more are a std::logic_error.
    template <class Row, class... Args>
    awaitable<std::optional<Row>> maybe(Query query, const Args&... args) {
        return read_maybe<Row>(self().run(query, bind_parameters(args...)));
    }
    /// The number of rows inserted, updated, deleted or selected.
    template <class... Args>
    awaitable<std::int64_t> execute(Query query, const Args&... args) {
        return read_affected(self().run(query, bind_parameters(args...)));
    }

private:
    Derived& self() { return static_cast<Derived&>(*this); }

    template <class Row>
    static awaitable<std::vector<Row>> read_all(awaitable<ResultSet> running) {
        const auto set = co_await std::move(running);
        co_return decode_rows<Row>(set);
    }
    template <class Row>
    static awaitable<Row> read_one(awaitable<ResultSet> running) {
        const auto set = co_await std::move(running);
        co_return decode_one<Row>(set);
    }
    template <class Row>
    static awaitable<std::optional<Row>> read_maybe(awaitable<ResultSet> running) {
        const auto set = co_await std::move(running);
        co_return decode_maybe<Row>(set);
    }
    static awaitable<std::int64_t> read_affected(awaitable<ResultSet> running) {
        const auto set = co_await std::move(running);
        co_return set.affected();
    }
};

class PoolCore;

/// Owns a connection from `Pool::begin` until it is committed or destroyed. One statement at a time.
/// Destroying it without `commit` rolls back in the background, also when the owning coroutine was cancelled in mid-statement;
/// the connection serves others only afterwards. After an error only destroying it makes sense: a further statement is a
/// std::logic_error.
class Transaction : public Statements<Transaction> {
public:
    class State;
    /// One that is over.
    Transaction();
    explicit Transaction(std::unique_ptr<State> state);
    ~Transaction();
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) noexcept;

    awaitable<ResultSet> run(Query query, Parameters parameters);
    /// Returns once the changes are durable. A lost connection is "database_unavailable": they may or may not be.
    awaitable<> commit();

private:
    std::unique_ptr<State> state_;
};

/// A pool with constraint errors; cheap, may be a temporary.
class ConstrainedPool : public Statements<ConstrainedPool> {
public:
    ConstrainedPool(std::shared_ptr<PoolCore> core, ConstraintErrors errors) : core_(std::move(core)), errors_(errors) {}
    awaitable<ResultSet> run(Query query, Parameters parameters);

private:
    std::shared_ptr<PoolCore> core_;
    ConstraintErrors errors_;
};

class Pool : public Statements<Pool> {
public:
    /// Connects at first use and in the background from then on, again with backoff whenever a connection is lost.
    Pool(Executor executor, CpuPool& cpu, PoolOptions options);
    /// Closes every connection; statements in flight end with "database_unavailable".
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    awaitable<ResultSet> run(Query query, Parameters parameters);
    /// `errors` must be static: the table at the top of the repository.
    ConstrainedPool with(ConstraintErrors errors);
    /// BEGIN travels with the first statement, so this waits for a free connection only.
    awaitable<Transaction> begin(ConstraintErrors errors = {});

    /// Asks the server, bounded by a second. Never throws but for cancellation.
    awaitable<bool> healthy();
    PoolStats stats() const;

private:
    std::shared_ptr<PoolCore> core_;
};

}  // namespace darkroom::pg
