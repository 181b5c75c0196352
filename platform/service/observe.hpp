// The gauges and health checks of what most services stand on, so that they are named the same everywhere. Called once each, by
// the composition root, whose parts outlive the metrics' reader.
#pragma once

#include "platform/bus/consumer.hpp"
#include "platform/bus/relay.hpp"
#include "platform/pg/reads.hpp"
#include "platform/service/service.hpp"

namespace darkroom {

/// Dependency "postgres" (required) and darkroom_database_connections{state}.
void observe_database(ServiceHost& host, pg::Pool& pool);
/// With a replica: dependency "postgres_replica" (optional), which also says unhealthy of one that is passed over because it is
/// behind, and darkroom_database_replica_used.
void observe_replica(ServiceHost& host, const pg::Reads& reads);
/// darkroom_outbox_sent and darkroom_outbox_failing_seconds.
void observe_outbox(ServiceHost& host, const bus::Relay& relay);
/// darkroom_consumer_position and darkroom_consumer_lag.
void observe_consumer(ServiceHost& host, const bus::Consumer& consumer);

}  // namespace darkroom
