#include "services/images/removed_users_repository.hpp"

#include "platform/bus/dead_letters.hpp"
#include "services/images/domain/errors.hpp"

namespace darkroom::images {

namespace {

// Statements of their own: what comes behind sees what was committed while they waited.
constexpr pg::Query lock_removal{"removed_users.lock", R"sql(
    SELECT pg_advisory_xact_lock(hashtextextended('images.user:' || $1, 0)) IS NULL
)sql"};
constexpr pg::Query lock_presence{"removed_users.lock_shared", R"sql(
    SELECT pg_advisory_xact_lock_shared(hashtextextended('images.user:' || $1, 0)) IS NULL
)sql"};

constexpr pg::Query insert_removed{"removed_users.insert", R"sql(
    INSERT INTO images.removed_users (user_id) VALUES ($1) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query delete_answers{"removed_users.delete_answers",
                                   "DELETE FROM images.idempotency_keys WHERE caller = 'user:' || $1"};

constexpr pg::Query find_removed{"removed_users.find", R"sql(
    SELECT EXISTS (SELECT FROM images.removed_users WHERE user_id = $1)
)sql"};

}  // namespace

awaitable<> mark_removed(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(lock_removal, user);
    co_await transaction.execute(insert_removed, user);
    co_await transaction.execute(delete_answers, user);
    co_await bus::dead_letters::forget(transaction, user);
}

awaitable<> refuse_removed(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(lock_presence, user);
    const bool removed = co_await transaction.one<bool>(find_removed, user);
    if (removed) fail(user_not_found());
}

}  // namespace darkroom::images
