// The tables of a consumer; private to this module.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/pg/pool.hpp"

namespace darkroom::bus::checkpoints {

/// The consumer's position; a new consumer begins at 0.
awaitable<std::int64_t> load(pg::Pool& pool, std::string consumer);

/// Compare-and-swap; false when the checkpoint was not at `from`: another instance has moved it. Waits for an instance that is
/// just about to move it.
awaitable<bool> advance(pg::Transaction& transaction, std::string consumer, std::int64_t from, std::int64_t to);

/// False when this consumer has applied the event before, at whatever position.
awaitable<bool> is_first_time(pg::Transaction& transaction, std::string consumer, const Envelope& event);

awaitable<> park(pg::Transaction& transaction, std::string consumer, const Envelope& event, std::string error, int attempts);

/// Forgets ids of a week ago: by then nobody sends them again.
awaitable<> prune_inbox(pg::Pool& pool, std::string consumer);

}  // namespace darkroom::bus::checkpoints
