// What pools and transactions share; private to this module. Loop thread only.
#pragma once

#include "platform/async/task_group.hpp"
#include "platform/pg/connection.hpp"
#include "platform/pg/pool.hpp"
#include "platform/pg/url.hpp"

#include <list>

namespace darkroom::pg {

class PoolCore;

/// Exclusive use of a connection; given back when destroyed.
class Lease {
public:
    Lease(std::shared_ptr<PoolCore> core, std::shared_ptr<Connection> connection);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Connection& connection() { return *connection_; }
    const std::shared_ptr<Connection>& shared_connection() { return connection_; }

private:
    std::shared_ptr<PoolCore> core_;
    std::shared_ptr<Connection> connection_;
};

/// Lives as long as its pool, or the last transaction or background task that needs it.
class PoolCore : public std::enable_shared_from_this<PoolCore> {
public:
    PoolCore(Executor executor, CpuPool& cpu, PoolOptions options);

    void start();
    /// Ends everything. Idempotent.
    void close();

    awaitable<ResultSet> run(Query query, Parameters parameters, ConstraintErrors errors);
    awaitable<std::shared_ptr<Lease>> lease();
    void give_back(const std::shared_ptr<Connection>& connection);
    PoolStats stats() const;
    const PoolOptions& options() const { return options_; }
    Executor executor() const { return executor_; }
    void log_if_slow(Query query, SteadyClock::time_point started) const;

private:
    struct Entry {
        std::shared_ptr<Connection> connection;
        bool leased = false;
    };
    using Grant = OneShot<std::shared_ptr<Lease>>;
    /// Takes a waiter out of its list, also when its coroutine is cancelled.
    template <class List>
    class Place;

    std::shared_ptr<Connection> least_loaded();
    std::shared_ptr<Lease> try_lease();
    awaitable<std::shared_ptr<Connection>> wait_for_connection();
    void refuse_when_hopeless() const;
    bool wants_connection() const;
    void grow();
    void add(const std::shared_ptr<Connection>& connection);
    void forget(const Connection* connection);
    void serve_waiters();
    static awaitable<> connect_while_wanted(std::shared_ptr<PoolCore> core);
    static awaitable<bool> try_connect(std::shared_ptr<PoolCore> core);

    Executor executor_;
    CpuPool& cpu_;
    PoolOptions options_;
    DatabaseUrl url_;
    TaskGroup tasks_;
    std::vector<Entry> entries_;
    std::list<Grant> lease_waiters_;
    /// Notified when a connection has been opened or an attempt has failed.
    Notifier connected_;
    std::size_t statement_waiters_ = 0;
    bool grow_wanted_ = true;
    bool connecting_ = false;
    bool last_attempt_failed_ = false;
    bool closed_ = false;
};

}  // namespace darkroom::pg
