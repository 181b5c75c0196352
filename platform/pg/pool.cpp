#include "platform/pg/pool.hpp"

#include "platform/async/deadline.hpp"
#include "platform/pg/pool_core.hpp"

#include <stdexcept>

namespace darkroom::pg {

// ---- Pool --------------------------------------------------------------------------------------------------------------

Pool::Pool(Executor executor, CpuPool& cpu, PoolOptions options)
    : core_(std::make_shared<PoolCore>(executor, cpu, std::move(options))) {
    core_->start();
}

Pool::~Pool() {
    core_->close();
}

awaitable<ResultSet> Pool::run(Query query, Parameters parameters) {
    return core_->run(query, std::move(parameters), {});
}

ConstrainedPool Pool::with(ConstraintErrors errors) {
    return {core_, errors};
}

namespace {

// Holds the core alive: a ConstrainedPool may be a temporary.
awaitable<ResultSet> run_on(std::shared_ptr<PoolCore> core, Query query, Parameters parameters, ConstraintErrors errors) {
    auto set = co_await core->run(query, std::move(parameters), errors);
    co_return set;
}

constexpr Query ping{"pg.ping", "SELECT 1"};

awaitable<bool> answers(std::shared_ptr<PoolCore> core) {
    try {
        co_await with_deadline(1s, "the database", core->run(ping, {}, {}));
        co_return true;
    } catch (const Failure&) {  // away: that is the answer
    } catch (const DatabaseError&) {
    }
    co_return false;
}

}  // namespace

awaitable<ResultSet> ConstrainedPool::run(Query query, Parameters parameters) {
    return run_on(core_, query, std::move(parameters), errors_);
}

awaitable<bool> Pool::healthy() {
    return answers(core_);
}

PoolStats Pool::stats() const {
    return core_->stats();
}

// ---- Transaction -------------------------------------------------------------------------------------------------------

class Transaction::State {
public:
    State(std::shared_ptr<PoolCore> core, std::shared_ptr<Lease> lease, ConstraintErrors errors)
        : core_(std::move(core)), lease_(std::move(lease)), errors_(errors) {}
    ~State() { roll_back(); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    awaitable<ResultSet> run(Query query, Parameters parameters) {
        if (broken_ || !lease_) throw std::logic_error(std::string(query.name) + ": the transaction is over");
        // Until the answer is here: whoever is cancelled in between leaves a transaction that can only be rolled back.
        broken_ = true;
        const auto started = SteadyClock::now();
        const bool begin_first = !std::exchange(begun_, true);
        const OneShot<std::shared_ptr<Completion>> done(core_->executor());
        const auto store = [done](Completion completion) { done.set(std::make_shared<Completion>(std::move(completion))); };
        lease_->connection().send(query, parameters, begin_first, store);
        const auto completion = co_await done.wait_for(core_->options().statement_deadline + 1s);
        if (!completion) fail(database_unavailable());
        core_->log_if_slow(query, started);
        auto set = unwrap(std::move(**completion), query, errors_);
        broken_ = false;
        co_return set;
    }

    awaitable<> commit() {
        static constexpr Query commit_transaction{"pg.commit", "COMMIT"};
        if (begun_) {
            const auto set = co_await run(commit_transaction, {});
            // A server that rolls back instead says so in the command tag only.
            if (set.command() != "COMMIT") throw std::logic_error("pg.commit: the transaction was rolled back");
        }
        begun_ = false;
        lease_.reset();
    }

private:
    void roll_back() {
        static constexpr Query roll_back_transaction{"pg.rollback", "ROLLBACK"};
        if (!begun_ || !lease_) return;
        const auto connection = lease_->shared_connection();
        // The connection is given back when the answer is here. It comes after whatever is still running; after a COMMIT whose
        // answer nobody waited for it does nothing.
        const auto give_back = [lease = std::move(lease_)](const Completion&) {};
        connection->send(roll_back_transaction, {}, false, give_back);
    }

    std::shared_ptr<PoolCore> core_;
    std::shared_ptr<Lease> lease_;
    ConstraintErrors errors_;
    bool begun_ = false;
    bool broken_ = false;
};

Transaction::Transaction() = default;
Transaction::Transaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transaction::~Transaction() = default;
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;

awaitable<ResultSet> Transaction::run(Query query, Parameters parameters) {
    if (!state_) throw std::logic_error(std::string(query.name) + ": the transaction is over");
    return state_->run(query, std::move(parameters));
}

awaitable<> Transaction::commit() {
    if (!state_) throw std::logic_error("pg.commit: the transaction is over");
    return state_->commit();
}

namespace {

awaitable<Transaction> begin_on(std::shared_ptr<PoolCore> core, ConstraintErrors errors) {
    auto lease = co_await core->lease();
    co_return Transaction(std::make_unique<Transaction::State>(core, std::move(lease), errors));
}

}  // namespace

awaitable<Transaction> Pool::begin(ConstraintErrors errors) {
    return begin_on(core_, errors);
}

}  // namespace darkroom::pg
