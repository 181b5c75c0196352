#include "services/notifications/recipients_repository.hpp"

namespace darkroom::notifications {

namespace {

constexpr pg::Query upsert_recipient{"recipients.upsert", R"sql(
    INSERT INTO notifications.recipients AS known (user_id, email, username, role, status, version, created_at)
    SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::bigint, $7::timestamptz
    WHERE NOT EXISTS (SELECT FROM notifications.removed_users WHERE user_id = $1)
    ON CONFLICT (user_id) DO UPDATE
    SET email = excluded.email, username = excluded.username, role = excluded.role, status = excluded.status,
        version = excluded.version, created_at = excluded.created_at
    WHERE known.version < excluded.version
)sql"};

constexpr pg::Query delete_recipient{"recipients.delete", "DELETE FROM notifications.recipients WHERE user_id = $1"};

constexpr pg::Query find_backfill{"recipients.backfill", R"sql(
    SELECT position FROM notifications.recipients_backfill WHERE finished_at IS NULL
)sql"};

constexpr pg::Query move_backfill{"recipients.move_backfill", R"sql(
    UPDATE notifications.recipients_backfill
    SET position = greatest(position, $1), finished_at = CASE WHEN $2::boolean THEN now() ELSE finished_at END
)sql"};

}  // namespace

awaitable<> RecipientsRepository::remember(pg::Transaction& transaction, Recipient recipient) {
    co_await transaction.execute(upsert_recipient, recipient.user_id, recipient.email, recipient.username, recipient.role,
                                 recipient.status, recipient.version, recipient.created_at);
}

awaitable<> RecipientsRepository::forget(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(delete_recipient, user);
}

awaitable<std::optional<std::int64_t>> RecipientsRepository::backfill_position() {
    return pool_.maybe<std::int64_t>(find_backfill);
}

awaitable<> RecipientsRepository::set_backfill_position(pg::Transaction& transaction, std::int64_t position, bool finished) {
    co_await transaction.execute(move_backfill, position, finished);
}

}  // namespace darkroom::notifications
