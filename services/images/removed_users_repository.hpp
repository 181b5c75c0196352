// images.removed_users: accounts that are gone.
#pragma once

#include "platform/pg/pool.hpp"

namespace darkroom::images {

/// Waits for uploads that have come past `refuse_removed`; whoever comes later is refused. Before anything of the user is
/// removed.
awaitable<> mark_removed(pg::Transaction& transaction, UserId user);
/// Fails with user_not_found when the user is gone; otherwise the user stays until this transaction ends.
awaitable<> refuse_removed(pg::Transaction& transaction, UserId user);

}  // namespace darkroom::images
