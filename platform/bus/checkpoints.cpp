#include "platform/bus/checkpoints.hpp"

namespace darkroom::bus::checkpoints {

namespace {

constexpr pg::Query create_checkpoint{"checkpoints.create",
                                      "INSERT INTO checkpoints (consumer, position) VALUES ($1, 0) ON CONFLICT DO NOTHING"};
constexpr pg::Query load_checkpoint{"checkpoints.load", "SELECT position FROM checkpoints WHERE consumer = $1"};
constexpr pg::Query advance_checkpoint{"checkpoints.advance", R"sql(
    UPDATE checkpoints SET position = $3, updated_at = now() WHERE consumer = $1 AND position = $2
)sql"};
constexpr pg::Query note_event{"inbox.note", R"sql(
    INSERT INTO inbox (consumer, event_id, position) VALUES ($1, $2, $3) ON CONFLICT ON CONSTRAINT inbox_pkey DO NOTHING
)sql"};
constexpr pg::Query park_event{"dead_letters.park", R"sql(
    INSERT INTO dead_letters (consumer, position, event_id, event_type, event, error, attempts)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};
constexpr pg::Query prune{"inbox.prune", R"sql(
    DELETE FROM inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox WHERE consumer = $1 AND handled_at < now() - interval '7 days' LIMIT 10000)
)sql"};

}  // namespace

awaitable<std::int64_t> load(pg::Pool& pool, std::string consumer) {
    co_await pool.execute(create_checkpoint, consumer);
    const auto position = co_await pool.one<std::int64_t>(load_checkpoint, consumer);
    co_return position;
}

awaitable<bool> advance(pg::Transaction& transaction, std::string consumer, std::int64_t from, std::int64_t to) {
    const auto moved = co_await transaction.execute(advance_checkpoint, consumer, from, to);
    co_return moved == 1;
}

awaitable<bool> is_first_time(pg::Transaction& transaction, std::string consumer, const Envelope& event) {
    const auto noted = co_await transaction.execute(note_event, consumer, event.id, event.position);
    co_return noted == 1;
}

awaitable<> park(pg::Transaction& transaction, std::string consumer, const Envelope& event, std::string error, int attempts) {
    co_await transaction.execute(park_event, consumer, event.position, event.id, event.type, to_json(event), error, attempts);
}

awaitable<> prune_inbox(pg::Pool& pool, std::string consumer) {
    co_await pool.execute(prune, consumer);
}

}  // namespace darkroom::bus::checkpoints
