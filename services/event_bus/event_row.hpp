// An event as the repositories read it from a table of events.
#pragma once

#include "platform/bus/envelope.hpp"

namespace darkroom::event_bus {

struct EventRow {
    std::int64_t position = 0;
    std::string id;
    std::string type;
    std::string source;
    Timestamp timestamp;
    std::string data;
    std::string status;
    std::string correlation_id;
    std::optional<std::string> user_id;
};
BOOST_DESCRIBE_STRUCT(EventRow, (), (position, id, type, source, timestamp, data, status, correlation_id, user_id))

inline bus::Envelope to_envelope(EventRow row) {
    return {std::move(row.id),   row.position,          std::move(row.type),           std::move(row.source), row.timestamp,
            std::move(row.data), std::move(row.status), std::move(row.correlation_id), std::move(row.user_id)};
}

inline std::vector<bus::Envelope> to_envelopes(std::vector<EventRow> rows) {
    std::vector<bus::Envelope> events;
    events.reserve(rows.size());
    for (auto& row : rows) events.push_back(to_envelope(std::move(row)));
    return events;
}

}  // namespace darkroom::event_bus
