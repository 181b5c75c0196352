#include "services/event_bus/export_repository.hpp"

#include <array>

namespace darkroom::event_bus {

namespace {

// Positions in text order: all of one length.
constexpr pg::Query events{"export.events", R"sql(
    SELECT lpad(position::text, 20, '0') AS key, json_build_object('id', id, 'position', position, 'type', type,
        'source', source, 'timestamp', timestamp, 'data', data::json, 'correlation_id', correlation_id) AS item
    FROM bus.all_events WHERE user_id = $1 AND position > coalesce(nullif($2::text, ''), '0')::bigint ORDER BY position LIMIT $3
)sql"};

constexpr std::array sections{ExportSection{"events", events}};

}  // namespace

std::span<const ExportSection> export_sections() {
    return sections;
}

}  // namespace darkroom::event_bus
