#include "platform/bus/dead_letters.hpp"

namespace darkroom::bus::dead_letters {

namespace {

// user.deleted itself stays: a parked one is work to be done.
constexpr pg::Query forget_user{"dead_letters.forget", R"sql(
    DELETE FROM dead_letters WHERE event_type <> 'user.deleted' AND event::json->>'user_id' = $1
)sql"};

constexpr pg::Query list_letters{"dead_letters.list", R"sql(
    SELECT id::text AS id, event_id, event_type, position, event::json->>'user_id' AS user_id, error, attempts, created_at
    FROM dead_letters WHERE consumer = $1 ORDER BY dead_letters.id LIMIT 500
)sql"};

constexpr pg::Query lock_letter{"dead_letters.lock", R"sql(
    SELECT id FROM dead_letters WHERE id = $2::bigint AND consumer = $1 FOR UPDATE SKIP LOCKED
)sql"};

constexpr pg::Query take_letter{"dead_letters.take", R"sql(
    DELETE FROM dead_letters WHERE id = $1 RETURNING event
)sql"};

constexpr pg::Query count_attempt{"dead_letters.note_attempt", R"sql(
    UPDATE dead_letters SET attempts = attempts + 1, error = $3 WHERE id = $2::bigint AND consumer = $1
)sql"};

}  // namespace

awaitable<std::vector<DeadLetter>> list(pg::Pool& pool, std::string consumer) {
    co_return co_await pool.all<DeadLetter>(list_letters, consumer);
}

awaitable<std::optional<Envelope>> take(pg::Transaction& transaction, std::string consumer, std::string id) {
    const auto locked = co_await transaction.maybe<std::int64_t>(lock_letter, consumer, id);
    if (!locked) co_return std::nullopt;
    const auto event = co_await transaction.one<std::string>(take_letter, *locked);
    co_return envelope_from_json(event).value();
}

awaitable<> note_attempt(pg::Pool& pool, std::string consumer, std::string id, std::string error) {
    co_await pool.execute(count_attempt, consumer, id, error);
}

awaitable<> forget(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(forget_user, user);
}

}  // namespace darkroom::bus::dead_letters
