#include "services/event_bus/archives_repository.hpp"

#include "services/event_bus/event_row.hpp"

namespace darkroom::event_bus {

namespace {

/// Well below what a statement may take, also on a slow disk.
constexpr std::int64_t piece = 5000;

constexpr pg::Query create_archive{"archives.create", "INSERT INTO bus.archives (id, created_by) VALUES ($1, $2)"};

constexpr pg::Query move_piece{"archives.move", R"sql(
    WITH moved AS (
        DELETE FROM bus.events
        WHERE position IN (SELECT position FROM bus.events WHERE position <= $2 ORDER BY position LIMIT $3)
        RETURNING *
    ), kept AS (
        INSERT INTO bus.archived_events (archive_id, position, id, type, source, timestamp, data, status, correlation_id, user_id,
                                         stored_at)
        SELECT $1, position, id, type, source, timestamp, data, status, correlation_id, user_id, stored_at FROM moved
        RETURNING position
    ), total AS (
        SELECT count(*) AS moved, min(position) AS first, max(position) AS last FROM kept
    )
    UPDATE bus.archives a
    SET events = a.events + t.moved, first_position = LEAST(a.first_position, t.first),
        last_position = GREATEST(a.last_position, t.last)
    FROM total t WHERE a.id = $1
    RETURNING t.moved
)sql"};

constexpr pg::Query drop_if_empty{"archives.drop_if_empty", "DELETE FROM bus.archives WHERE id = $1 AND events = 0"};

constexpr pg::Query list_archives{"archives.list", R"sql(
    SELECT id, created_at, created_by, first_position, last_position, events FROM bus.archives
    ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2
)sql"};
constexpr pg::Query count_archives{"archives.count", "SELECT count(*) FROM bus.archives"};
constexpr pg::Query count_archived{"archives.count_events", "SELECT COALESCE(sum(events), 0)::bigint FROM bus.archives"};
constexpr pg::Query find_archive{"archives.find", R"sql(
    SELECT id, created_at, created_by, first_position, last_position, events FROM bus.archives WHERE id = $1
)sql"};

constexpr pg::Query archived_page{"archives.events", R"sql(
    SELECT position, id, type, source, timestamp, data, status, correlation_id, user_id FROM bus.archived_events
    WHERE archive_id = $1 AND position > $2 ORDER BY position LIMIT $3
)sql"};

constexpr pg::Query delete_piece{"archives.delete_events", R"sql(
    DELETE FROM bus.archived_events
    WHERE position IN (SELECT position FROM bus.archived_events WHERE archive_id = $1 ORDER BY position LIMIT $2)
)sql"};
constexpr pg::Query delete_archive{"archives.delete", "DELETE FROM bus.archives WHERE id = $1"};

}  // namespace

awaitable<Archive> ArchivesRepository::archive(std::string created_by, std::int64_t head) {
    Archive archive{.id = new_uuid(), .created_at = now(), .created_by = std::move(created_by)};
    co_await pool_.execute(create_archive, archive.id, archive.created_by);
    while (true) {
        const auto moved = co_await pool_.one<std::int64_t>(move_piece, archive.id, head, piece);
        if (moved == 0) break;
    }
    auto stored = co_await pool_.maybe<Archive>(find_archive, archive.id);
    if (stored) archive = std::move(*stored);
    co_await pool_.execute(drop_if_empty, archive.id);
    co_return archive;
}

awaitable<std::vector<Archive>> ArchivesRepository::list(std::int64_t limit, std::int64_t offset) {
    return pool_.all<Archive>(list_archives, limit, offset);
}

awaitable<std::int64_t> ArchivesRepository::count() {
    return pool_.one<std::int64_t>(count_archives);
}

awaitable<std::int64_t> ArchivesRepository::count_events() {
    return pool_.one<std::int64_t>(count_archived);
}

awaitable<std::optional<Archive>> ArchivesRepository::find(std::string id) {
    return pool_.maybe<Archive>(find_archive, id);
}

awaitable<std::vector<bus::Envelope>> ArchivesRepository::events(std::string id, std::int64_t after, std::int64_t limit) {
    auto rows = co_await pool_.all<EventRow>(archived_page, id, after, limit);
    co_return to_envelopes(std::move(rows));
}

awaitable<bool> ArchivesRepository::remove(std::string id) {
    while (true) {
        const auto deleted = co_await pool_.execute(delete_piece, id, piece);
        if (deleted == 0) break;
    }
    const auto removed = co_await pool_.execute(delete_archive, id);
    co_return removed == 1;
}

}  // namespace darkroom::event_bus
