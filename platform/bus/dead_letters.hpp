// Events that were given up, and the people they are about.
#pragma once

#include "platform/bus/consumer_report.hpp"
#include "platform/bus/envelope.hpp"
#include "platform/core/ids.hpp"
#include "platform/pg/pool.hpp"

namespace darkroom::bus::dead_letters {

/// Of one consumer, the oldest first, at most 500.
awaitable<std::vector<DeadLetter>> list(pg::Pool& pool, std::string consumer);
/// Takes it out of the table, for good if the transaction commits. Nothing when it is gone, or another instance has it.
awaitable<std::optional<Envelope>> take(pg::Transaction& transaction, std::string consumer, std::string id);
/// It was tried again in vain.
awaitable<> note_attempt(pg::Pool& pool, std::string consumer, std::string id, std::string error);

/// A service that handles user.deleted also forgets what it could not apply about that user.
awaitable<> forget(pg::Transaction& transaction, UserId user);

}  // namespace darkroom::bus::dead_letters
