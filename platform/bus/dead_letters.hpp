// Events that were given up, and the people they are about.
#pragma once

#include "platform/core/ids.hpp"
#include "platform/pg/pool.hpp"

namespace darkroom::bus::dead_letters {

/// A service that handles user.deleted also forgets what it could not apply about that user.
awaitable<> forget(pg::Transaction& transaction, UserId user);

}  // namespace darkroom::bus::dead_letters
