// What the bus has refused of a service's events is reported to it like a consumer's dead letters.
#pragma once

#include "platform/bus/consumer_report.hpp"
#include "platform/pg/pool.hpp"

namespace darkroom::bus {

/// As consumer "<service>-outbox", which reads nothing. What the bus wants tried again goes back into the outbox. Runs until
/// cancelled; spawn it in a TaskGroup. `pool` must outlive it.
awaitable<> keep_reporting_outbox(pg::Pool& pool, Reporter reporter, std::string service, Milliseconds interval = 5s);

}  // namespace darkroom::bus
