#include "services/event_bus/events_repository.hpp"

#include "services/event_bus/event_row.hpp"

namespace darkroom::event_bus {

namespace {

/// Raised by bus.append, see migrations/0001_create_log.sql.
constexpr std::string_view fenced_sqlstate = "DB001";

constexpr pg::Query begin_epoch_query{"events.begin_epoch", R"sql(
    UPDATE bus.head SET epoch = epoch + 1 RETURNING epoch, position
)sql"};

constexpr pg::Query head_query{"events.head", "SELECT epoch, position FROM bus.head"};

constexpr pg::Query append_query{"events.append", R"sql(
    SELECT old_head, positions
    FROM bus.append($1, $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
)sql"};

// The same conditions in every statement: a parameter that is NULL does not filter.
#define DARKROOM_EVENT_FILTER                                                       \
    " ($1::text IS NULL OR type = $1) AND ($2::text IS NULL OR type LIKE $2)"       \
    " AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR user_id = $4)" \
    " AND ($5::text IS NULL OR correlation_id = $5)"                                \
    " AND ($6::timestamptz IS NULL OR timestamp >= $6) AND ($7::timestamptz IS NULL OR timestamp < $7) "
#define DARKROOM_EVENT_COLUMNS " position, id, type, source, timestamp, data, status, correlation_id, user_id "

// Twice each: the log alone, and the log with what was cleared.
struct Queries {
    pg::Query newest;
    pg::Query after;
    pg::Query count;
    pg::Query find;
};
#define DARKROOM_EVENT_QUERIES(table)                                                                         \
    {.newest = {table ".newest", "SELECT" DARKROOM_EVENT_COLUMNS "FROM " table " WHERE" DARKROOM_EVENT_FILTER \
                                 "ORDER BY position DESC LIMIT $8 OFFSET $9"},                                \
     .after = {table ".after", "SELECT" DARKROOM_EVENT_COLUMNS "FROM " table " WHERE" DARKROOM_EVENT_FILTER   \
                               "AND position > $8 ORDER BY position LIMIT $9"},                               \
     .count = {table ".count", "SELECT count(*) FROM " table " WHERE" DARKROOM_EVENT_FILTER},                 \
     .find = {table ".find", "SELECT" DARKROOM_EVENT_COLUMNS "FROM " table " WHERE id = $1"}}
constexpr Queries log_queries DARKROOM_EVENT_QUERIES("bus.events");
constexpr Queries all_queries DARKROOM_EVENT_QUERIES("bus.all_events");

constexpr pg::Query page_query{"events.page",
                               "SELECT" DARKROOM_EVENT_COLUMNS
                               "FROM bus.all_events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3"};

#undef DARKROOM_EVENT_QUERIES
#undef DARKROOM_EVENT_FILTER
#undef DARKROOM_EVENT_COLUMNS

constexpr pg::Query by_type_query{"events.count_by_type", R"sql(
    SELECT type AS name, count(*) AS count FROM bus.events
    WHERE $1::text IS NULL OR user_id = $1 GROUP BY type ORDER BY count DESC, name
)sql"};

constexpr pg::Query by_source_query{"events.count_by_source", R"sql(
    SELECT source AS name, count(*) AS count FROM bus.events
    WHERE $1::text IS NULL OR user_id = $1 GROUP BY source ORDER BY count DESC, name
)sql"};

constexpr pg::Query by_minute_query{"events.count_by_minute", R"sql(
    SELECT to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') AS name, count(e.position) AS count
    FROM generate_series(date_trunc('minute', now()) - make_interval(mins => $2::int - 1), date_trunc('minute', now()),
                         interval '1 minute') AS minute
    LEFT JOIN bus.events e ON e.timestamp >= minute AND e.timestamp < minute + interval '1 minute'
                          AND ($1::text IS NULL OR e.user_id = $1)
    GROUP BY minute ORDER BY minute
)sql"};

const Queries& queries_for(bool archived) {
    return archived ? all_queries : log_queries;
}

}  // namespace

bool is_fenced(const pg::DatabaseError& error) {
    return error.sqlstate() == fenced_sqlstate;
}

awaitable<Head> EventsRepository::begin_epoch() {
    return pool_.one<Head>(begin_epoch_query);
}

awaitable<Head> EventsRepository::head() {
    return pool_.one<Head>(head_query);
}

awaitable<Appended> EventsRepository::append(std::int64_t epoch, const std::vector<bus::Envelope>& events) {
    std::vector<std::string> ids;
    std::vector<std::string> types;
    std::vector<std::string> sources;
    std::vector<Timestamp> timestamps;
    std::vector<std::string> datas;
    std::vector<std::string> correlation_ids;
    std::vector<std::optional<std::string>> user_ids;
    for (const auto& event : events) {
        ids.push_back(event.id);
        types.push_back(event.type);
        sources.push_back(event.source);
        timestamps.push_back(event.timestamp);
        datas.push_back(event.data);
        correlation_ids.push_back(event.correlation_id);
        user_ids.push_back(event.user_id);
    }
    return pool_.one<Appended>(append_query, epoch, ids, types, sources, timestamps, datas, correlation_ids, user_ids);
}

awaitable<std::vector<bus::Envelope>> EventsRepository::newest(EventFilter filter, std::int64_t limit, std::int64_t offset) {
    auto rows = co_await pool_.all<EventRow>(queries_for(filter.archived).newest, filter.type, filter.type_like, filter.source,
                                             filter.user_id, filter.correlation_id, filter.since, filter.until, limit, offset);
    co_return to_envelopes(std::move(rows));
}

awaitable<std::vector<bus::Envelope>> EventsRepository::after(EventFilter filter, std::int64_t after, std::int64_t limit) {
    auto rows = co_await pool_.all<EventRow>(queries_for(filter.archived).after, filter.type, filter.type_like, filter.source,
                                             filter.user_id, filter.correlation_id, filter.since, filter.until, after, limit);
    co_return to_envelopes(std::move(rows));
}

awaitable<std::int64_t> EventsRepository::count(EventFilter filter) {
    return pool_.one<std::int64_t>(queries_for(filter.archived).count, filter.type, filter.type_like, filter.source,
                                   filter.user_id, filter.correlation_id, filter.since, filter.until);
}

awaitable<std::optional<bus::Envelope>> EventsRepository::find(EventId id, bool archived) {
    auto row = co_await pool_.maybe<EventRow>(queries_for(archived).find, id);
    std::optional<bus::Envelope> event;
    if (row) event = to_envelope(std::move(*row));
    co_return event;
}

awaitable<bus::Page> EventsRepository::page(std::int64_t after, std::int64_t limit) {
    // The head first: events stored meanwhile are left to the next page, so that the page never ends behind its head.
    const auto head = co_await this->head();
    auto rows = co_await pool_.all<EventRow>(page_query, after, head.position, limit);
    bus::Page page{.events = to_envelopes(std::move(rows)), .head = head.position};
    const bool complete = std::ssize(page.events) < limit;
    page.next_after = complete ? std::max(after, head.position) : page.events.back().position;
    co_return page;
}

awaitable<std::vector<NamedCount>> EventsRepository::count_by_type(std::optional<std::string> user_id) {
    return pool_.all<NamedCount>(by_type_query, user_id);
}

awaitable<std::vector<NamedCount>> EventsRepository::count_by_source(std::optional<std::string> user_id) {
    return pool_.all<NamedCount>(by_source_query, user_id);
}

awaitable<std::vector<NamedCount>> EventsRepository::count_by_minute(std::optional<std::string> user_id, std::int64_t minutes) {
    return pool_.all<NamedCount>(by_minute_query, user_id, minutes);
}

}  // namespace darkroom::event_bus
