#include "platform/pg/reads.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::pg {

namespace {

constexpr Milliseconds look_interval = 1s;

constexpr Query written_position{"pg.written_position", "SELECT pg_current_wal_lsn()::text"};
// A standby that was promoted, or was never one, is no copy of our primary.
constexpr Query has_replayed{"pg.has_replayed", R"sql(
    SELECT pg_is_in_recovery() AND COALESCE(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)
)sql"};

std::unique_ptr<Pool> pool_for(Runtime& runtime, PoolOptions options) {
    if (options.url.empty()) return nullptr;
    return std::make_unique<Pool>(runtime.executor(), runtime.cpu(), std::move(options));
}

}  // namespace

Reads::Reads(Runtime& runtime, Pool& primary, PoolOptions replica)
    : primary_(primary), replica_(pool_for(runtime, std::move(replica))) {}

awaitable<> Reads::watch() {
    while (replica_) {
        const bool was_fresh = fresh_;
        fresh_ = co_await is_fresh();
        if (fresh_ != was_fresh) log::info(fresh_ ? "reading from the replica" : "the replica is away or behind");
        co_await pause_for(look_interval);
    }
}

awaitable<bool> Reads::is_fresh() {
    try {
        const auto before = std::exchange(written_, {});
        written_ = co_await primary_.one<std::string>(written_position);
        if (before.empty()) co_return false;
        const bool replayed = co_await replica_->one<bool>(has_replayed, before);
        co_return replayed;
    } catch (const Failure&) {  // one of the two is away
    } catch (const DatabaseError& error) {
        log::warning("the replica cannot be asked", {{"error", error.what()}});
    }
    co_return false;
}

awaitable<std::optional<ResultSet>> Reads::try_replica(Query query, Parameters parameters) {
    try {
        auto set = co_await replica_->run(query, std::move(parameters));
        co_return set;
    } catch (const Failure&) {  // the primary answers instead
    } catch (const DatabaseError& error) {
        log::info("read again from the primary", {{"query", query.name}, {"error", error.what()}});
    }
    co_return std::nullopt;
}

awaitable<ResultSet> Reads::run(Query query, Parameters parameters) {
    if (fresh_) {
        auto set = co_await try_replica(query, parameters);
        if (set) co_return std::move(*set);
        fresh_ = false;
    }
    auto set = co_await primary_.run(query, std::move(parameters));
    co_return set;
}

}  // namespace darkroom::pg
