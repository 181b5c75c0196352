#include "platform/service/observe.hpp"

namespace darkroom {

void observe_database(ServiceHost& host, pg::Pool& pool) {
    host.health.add("postgres", true, [&pool] { return pool.healthy(); });
    const auto add = [&host, &pool](std::string_view state, std::size_t pg::PoolStats::* member) {
        host.metrics.observe("darkroom_database_connections",
                             "Connections to PostgreSQL by what they do; waiting counts callers that have none.",
                             {{"state", std::string(state)}},
                             [&pool, member] { return static_cast<double>(pool.stats().*member); });
    };
    add("open", &pg::PoolStats::open);
    add("idle", &pg::PoolStats::idle);
    add("in_transaction", &pg::PoolStats::in_transaction);
    add("waiting", &pg::PoolStats::waiting);
}

namespace {

awaitable<bool> is_used(const pg::Reads& reads) {
    co_return reads.uses_replica();
}

}  // namespace

void observe_replica(ServiceHost& host, const pg::Reads& reads) {
    if (!reads.has_replica()) return;
    host.health.add("postgres_replica", false, [&reads] { return is_used(reads); });
    host.metrics.observe("darkroom_database_replica_used",
                         "1 while reads that may lag go to the replica, 0 while it is passed over.", {},
                         [&reads] { return reads.uses_replica() ? 1.0 : 0.0; });
}

void observe_outbox(ServiceHost& host, const bus::Relay& relay) {
    host.metrics.observe("darkroom_outbox_sent", "Events that this process has sent to the bus.", {},
                         [&relay] { return static_cast<double>(relay.sent()); });
    host.metrics.observe("darkroom_outbox_failing_seconds", "How long events have been waiting because they cannot be sent.",
                         {}, [&relay] { return std::chrono::duration<double>(relay.failing_for()).count(); });
}

void observe_consumer(ServiceHost& host, const bus::Consumer& consumer) {
    host.metrics.observe("darkroom_consumer_position", "Last event applied.", {},
                         [&consumer] { return static_cast<double>(consumer.stats().position); });
    host.metrics.observe("darkroom_consumer_lag", "Events stored and not yet applied.", {}, [&consumer] {
        const auto stats = consumer.stats();
        return static_cast<double>(std::max<std::int64_t>(stats.head - stats.position, 0));
    });
}

}  // namespace darkroom
