#include "services/event_bus/consumers_repository.hpp"

namespace darkroom::event_bus {

namespace {

// Of several instances the one that is furthest speaks for the checkpoint they share.
constexpr pg::Query upsert_consumer{"consumers.report", R"sql(
    INSERT INTO bus.consumers AS known
        (name, service, position, event_types, paused, held_position, held_attempts, held_error)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (name) DO UPDATE
    SET service = excluded.service, position = greatest(known.position, excluded.position), event_types = excluded.event_types,
        paused = excluded.paused, held_position = excluded.held_position, held_attempts = excluded.held_attempts,
        held_error = excluded.held_error, reported_at = now()
)sql"};

constexpr pg::Query upsert_letters{"consumers.upsert_letters", R"sql(
    INSERT INTO bus.dead_letters AS known
        (consumer, letter_id, event_id, event_type, position, user_id, error, attempts, created_at)
    SELECT $1, l.* FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
                               $9::timestamptz[]) AS l
    ON CONFLICT (consumer, letter_id) DO UPDATE
    SET error = excluded.error, attempts = excluded.attempts,
        -- Tried again in vain: whoever wants another attempt asks anew.
        replay_requested_at = CASE WHEN known.attempts < excluded.attempts THEN NULL ELSE known.replay_requested_at END
)sql"};

// What is not reported any more has been applied.
constexpr pg::Query forget_letters{"consumers.forget_letters", R"sql(
    DELETE FROM bus.dead_letters WHERE consumer = $1 AND NOT letter_id = ANY ($2::text[])
)sql"};

// The consumer's own rule stands above one for all with the same pattern.
constexpr pg::Query find_rules{"consumers.rules", R"sql(
    SELECT DISTINCT ON (pattern) pattern, action FROM bus.routes WHERE consumer IN ($1, '*')
    ORDER BY pattern, consumer = '*'
)sql"};

constexpr pg::Query find_replays{"consumers.replays", R"sql(
    SELECT letter_id FROM bus.dead_letters WHERE consumer = $1 AND replay_requested_at IS NOT NULL
    ORDER BY position LIMIT 100
)sql"};

// An outbox reports too, what it could not send, but reads nothing.
constexpr pg::Query list_consumers{"consumers.list", R"sql(
    SELECT name, service, c.position, greatest(h.position - c.position, 0) AS lag,
           CASE WHEN reported_at < now() - interval '30 seconds' THEN 'silent' WHEN paused THEN 'paused'
                WHEN held_position IS NOT NULL THEN 'failing' ELSE 'healthy' END AS state,
           event_types, held_position, held_attempts, held_error,
           (SELECT count(*) FROM bus.dead_letters d WHERE d.consumer = c.name) AS dead_letters, reported_at
    FROM bus.consumers c, bus.head h
    WHERE cardinality(event_types) > 0
    ORDER BY name
)sql"};

constexpr pg::Query find_progress{"consumers.progress", R"sql(
    SELECT c.name AS consumer,
           CASE WHEN d.letter_id IS NOT NULL THEN 'failed' WHEN c.position >= $3 THEN 'completed'
                WHEN c.held_position = $3 AND NOT c.paused THEN 'processing' ELSE 'pending' END AS status,
           coalesce(d.error, CASE WHEN c.held_position = $3 THEN nullif(c.held_error, '') END) AS error
    FROM bus.consumers c LEFT JOIN bus.dead_letters d ON d.consumer = c.name AND d.event_id = $1
    WHERE $2 = ANY (c.event_types) ORDER BY c.name
)sql"};

constexpr pg::Query count_dead{"dead_letters.count", R"sql(
    SELECT count(*) FROM bus.dead_letters WHERE ($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR event_type = $2)
)sql"};

constexpr pg::Query list_dead{"dead_letters.list", R"sql(
    SELECT consumer || '/' || letter_id AS id, consumer, event_id, event_type, position, user_id, error, attempts, created_at,
           replay_requested_at
    FROM bus.dead_letters WHERE ($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR event_type = $2)
    ORDER BY created_at DESC, consumer, letter_id LIMIT $3 OFFSET $4
)sql"};

constexpr pg::Query ask_replay{"dead_letters.request_replay", R"sql(
    UPDATE bus.dead_letters SET replay_requested_at = now()
    WHERE ($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR event_type = $2)
      AND (cardinality($3::text[]) = 0 OR consumer || '/' || letter_id = ANY ($3::text[]))
)sql"};

constexpr pg::Query list_rules{"routes.list", R"sql(
    SELECT id, consumer, pattern, action, created_by, created_at FROM bus.routes ORDER BY created_at DESC, id DESC
)sql"};

constexpr pg::Query upsert_rule{"routes.set", R"sql(
    INSERT INTO bus.routes (id, consumer, pattern, action, created_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (consumer, pattern) DO UPDATE SET action = excluded.action, created_by = excluded.created_by, created_at = now()
    RETURNING id, consumer, pattern, action, created_by, created_at
)sql"};

constexpr pg::Query delete_rule{"routes.delete", "DELETE FROM bus.routes WHERE id = $1"};

/// One column of the letters, as an array.
template <class Member>
auto column(const std::vector<bus::DeadLetter>& letters, Member member) {
    std::vector<std::remove_cvref_t<decltype(letters.front().*member)>> values;
    for (const auto& letter : letters) values.push_back(letter.*member);
    return values;
}

}  // namespace

awaitable<bus::ReportAnswer> ConsumersRepository::report(std::string name, std::string service, bus::ConsumerReport report) {
    using bus::DeadLetter;
    std::optional<std::int64_t> held_position;
    std::optional<std::int64_t> held_attempts;
    std::optional<std::string> held_error;
    if (report.held) {
        held_position = report.held->position;
        held_attempts = report.held->attempts;
        held_error = report.held->error;
    }
    const auto& letters = report.dead_letters;
    auto transaction = co_await pool_.begin();
    co_await transaction.execute(upsert_consumer, name, service, report.position, report.event_types, report.paused,
                                 held_position, held_attempts, held_error);
    const auto ids = column(letters, &DeadLetter::id);
    if (!letters.empty()) {
        co_await transaction.execute(upsert_letters, name, ids, column(letters, &DeadLetter::event_id),
                                     column(letters, &DeadLetter::event_type), column(letters, &DeadLetter::position),
                                     column(letters, &DeadLetter::user_id), column(letters, &DeadLetter::error),
                                     column(letters, &DeadLetter::attempts), column(letters, &DeadLetter::created_at));
    }
    co_await transaction.execute(forget_letters, name, ids);
    bus::ReportAnswer answer;
    answer.rules = co_await transaction.all<bus::RouteRule>(find_rules, name);
    answer.replay = co_await transaction.all<std::string>(find_replays, name);
    co_await transaction.commit();
    co_return answer;
}

awaitable<std::vector<ConsumerView>> ConsumersRepository::list() {
    co_return co_await pool_.all<ConsumerView>(list_consumers);
}

awaitable<std::vector<EventProgress>> ConsumersRepository::progress_of(std::string event_id, std::string event_type,
                                                                       std::int64_t position) {
    co_return co_await pool_.all<EventProgress>(find_progress, event_id, event_type, position);
}

awaitable<std::int64_t> ConsumersRepository::count_letters(LetterFilter filter) {
    co_return co_await pool_.one<std::int64_t>(count_dead, filter.consumer, filter.event_type);
}

awaitable<std::vector<DeadLetterView>> ConsumersRepository::list_letters(LetterFilter filter, std::int64_t limit,
                                                                         std::int64_t offset) {
    co_return co_await pool_.all<DeadLetterView>(list_dead, filter.consumer, filter.event_type, limit, offset);
}

awaitable<std::int64_t> ConsumersRepository::request_replay(LetterFilter filter, std::vector<std::string> ids) {
    co_return co_await pool_.execute(ask_replay, filter.consumer, filter.event_type, ids);
}

awaitable<std::vector<Route>> ConsumersRepository::list_routes() {
    co_return co_await pool_.all<Route>(list_rules);
}

awaitable<Route> ConsumersRepository::set_route(std::string consumer, TypePattern pattern, bus::RouteAction action,
                                                std::string who) {
    co_return co_await pool_.one<Route>(upsert_rule, RouteId::create(), consumer, pattern, action, who);
}

awaitable<bool> ConsumersRepository::remove_route(RouteId id) {
    const auto removed = co_await pool_.execute(delete_rule, id);
    co_return removed == 1;
}

}  // namespace darkroom::event_bus
