#include "services/event_bus/purges_repository.hpp"

#include <limits>

namespace darkroom::event_bus {

namespace {

constexpr std::int64_t piece = 5000;

// Of auth-service alone: what an administrator publishes under that name deletes nothing.
constexpr pg::Query find_next{"purges.next", R"sql(
    SELECT e.user_id, e.position FROM bus.all_events e
    WHERE e.type = 'user.deleted' AND e.source = 'auth-service' AND e.user_id IS NOT NULL
      AND e.position > (SELECT position FROM bus.purge_state)
    ORDER BY e.position LIMIT 1
)sql"};

constexpr pg::Query delete_events{"purges.delete_events", R"sql(
    DELETE FROM bus.events WHERE position IN (
        SELECT position FROM bus.events WHERE user_id = $1 AND position < $2 AND type <> 'user.deleted' LIMIT $3)
)sql"};

constexpr pg::Query delete_archived{"purges.delete_archived", R"sql(
    DELETE FROM bus.archived_events WHERE position IN (
        SELECT position FROM bus.archived_events WHERE user_id = $1 AND position < $2 AND type <> 'user.deleted' LIMIT $3)
)sql"};

constexpr pg::Query delete_letters{"purges.delete_letters", R"sql(
    DELETE FROM bus.dead_letters WHERE user_id = $1 AND event_type <> 'user.deleted'
)sql"};

constexpr pg::Query delete_webhooks{"purges.delete_webhooks", "DELETE FROM bus.subscriptions WHERE owner_id = $1"};

constexpr pg::Query remember_removed{"purges.remember", R"sql(
    INSERT INTO bus.removed_users (user_id) VALUES ($1) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query move_on{"purges.move_on", R"sql(
    UPDATE bus.purge_state SET position = greatest(position, $1)
)sql"};

// A day: consumers and webhooks that are behind may still want to know whom user.deleted is about.
constexpr pg::Query find_unfinished{"purges.unfinished", R"sql(
    SELECT user_id FROM bus.removed_users
    WHERE finished_at IS NULL AND removed_at < now() - interval '1 day' ORDER BY removed_at LIMIT 1
)sql"};

constexpr pg::Query redact_event{"purges.redact_event", R"sql(
    UPDATE bus.events SET data = json_build_object('user_id', user_id, 'email', '', 'username', '', 'role', data::json->>'role')::text
    WHERE user_id = $1 AND type = 'user.deleted'
)sql"};

constexpr pg::Query redact_archived{"purges.redact_archived", R"sql(
    UPDATE bus.archived_events
    SET data = json_build_object('user_id', user_id, 'email', '', 'username', '', 'role', data::json->>'role')::text
    WHERE user_id = $1 AND type = 'user.deleted'
)sql"};

constexpr pg::Query set_finished{"purges.finish", R"sql(
    UPDATE bus.removed_users SET finished_at = now() WHERE user_id = $1
)sql"};

}  // namespace

awaitable<std::optional<Removal>> PurgesRepository::next() {
    co_return co_await pool_.maybe<Removal>(find_next);
}

awaitable<> PurgesRepository::purge(Removal removal) {
    co_await pool_.execute(delete_letters, removal.user_id);
    co_await pool_.execute(delete_webhooks, removal.user_id);
    co_await delete_before(removal.user_id, removal.position);
    co_await pool_.execute(remember_removed, removal.user_id);
    co_await pool_.execute(move_on, removal.position);
}

awaitable<bool> PurgesRepository::finish_one() {
    const auto user_id = co_await pool_.maybe<std::string>(find_unfinished);
    if (!user_id) co_return false;
    co_await delete_before(*user_id, std::numeric_limits<std::int64_t>::max());
    co_await pool_.execute(redact_event, *user_id);
    co_await pool_.execute(redact_archived, *user_id);
    co_await pool_.execute(set_finished, *user_id);
    co_return true;
}

awaitable<> PurgesRepository::delete_before(std::string user_id, std::int64_t position) {
    // An event that a clear moves meanwhile is in one of the two when its turn comes: the log goes first, as in a clear.
    std::int64_t deleted = piece;
    while (deleted == piece) deleted = co_await pool_.execute(delete_events, user_id, position, piece);
    deleted = piece;
    while (deleted == piece) deleted = co_await pool_.execute(delete_archived, user_id, position, piece);
}

}  // namespace darkroom::event_bus
