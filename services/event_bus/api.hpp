// HTTP and WebSocket endpoints of the event bus.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/event_bus/archives_repository.hpp"
#include "services/event_bus/consumers_repository.hpp"
#include "services/event_bus/domain/event_type.hpp"
#include "services/event_bus/events_repository.hpp"
#include "services/event_bus/hub.hpp"
#include "services/event_bus/writer.hpp"

namespace darkroom::event_bus {

/// GET /events.
struct EventsQuery {
    std::optional<TypePattern> event_type;
    std::optional<std::string> source;
    std::optional<UserId> user_id;
    std::optional<std::string> correlation_id;
    std::optional<Timestamp> since;
    std::optional<Timestamp> until;
    std::optional<json::Bounded<0, 9'000'000'000'000'000>> after;
    std::optional<json::Bounded<1, 1000>> limit;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
    /// What was cleared is looked through as well.
    std::optional<bool> archived;
};
BOOST_DESCRIBE_STRUCT(EventsQuery, (),
                      (event_type, source, user_id, correlation_id, since, until, after, limit, page, size, archived))

/// GET /events/{id}.
struct EventQuery {
    std::optional<bool> archived;
};
BOOST_DESCRIBE_STRUCT(EventQuery, (), (archived))

/// GET /events/stream; the header Last-Event-ID stands above `after`.
struct StreamQuery {
    std::optional<TypePatterns> event_types;
    std::optional<UserId> user_id;
    std::optional<json::Bounded<0, 9'000'000'000'000'000>> after;
};
BOOST_DESCRIBE_STRUCT(StreamQuery, (), (event_types, user_id, after))

struct EventPath {
    EventId id;
};
BOOST_DESCRIBE_STRUCT(EventPath, (), (id))

/// One event, as OpenAPI shows it; answers are written from bus::Envelope to keep `data` byte for byte.
struct EventView {
    std::string id;
    std::int64_t position = 0;
    std::string type;
    std::string source;
    Timestamp timestamp;
    json::Object data;
    std::string status;
    std::string correlation_id;
    std::optional<std::string> user_id;
};
BOOST_DESCRIBE_STRUCT(EventView, (), (id, position, type, source, timestamp, data, status, correlation_id, user_id))

/// GET /events/stats.
struct EventStats {
    std::int64_t total_events = 0;
    /// Cleared and still to be read; for who sees everything.
    std::int64_t archived_events = 0;
    std::int64_t position = 0;
    std::map<std::string, std::int64_t> by_type;
    std::map<std::string, std::int64_t> by_source;
    /// The last 60 minutes, by the minute's beginning.
    std::map<std::string, std::int64_t> per_minute;
    /// Events that each consumer has still to deal with; for who sees everything.
    std::map<std::string, std::int64_t> consumer_lag;
    /// Open ones of the instance that answers.
    std::int64_t connections = 0;
    std::int64_t websocket_connections = 0;
    std::int64_t stream_connections = 0;
};
BOOST_DESCRIBE_STRUCT(EventStats, (),
                      (total_events, archived_events, position, by_type, by_source, per_minute, consumer_lag, connections,
                       websocket_connections, stream_connections))

class Api {
public:
    Api(EventsRepository& repository, ArchivesRepository& archives, ConsumersRepository& consumers, Writer& writer, Hub& hub)
        : repository_(repository), archives_(archives), consumers_(consumers), writer_(writer), hub_(hub) {}

    static const http::Endpoints<Api>& endpoints();

    awaitable<http::Response> publish(http::Context& context);
    awaitable<http::Response> list(http::Context& context, http::Query<EventsQuery> query);
    awaitable<http::Response> read(http::Context& context, http::Path<EventPath> path, http::Query<EventQuery> query);
    awaitable<http::Ok<EventStats>> stats(http::Context& context);
    awaitable<http::Response> stream(http::Context& context, http::Query<StreamQuery> query);
    awaitable<> serve_socket(http::Context& context, http::WebSocket socket);

private:
    awaitable<http::Response> list_after(http::Context& context, EventFilter filter, const EventsQuery& query);
    awaitable<std::map<std::string, std::int64_t>> lag_of_consumers();

    EventsRepository& repository_;
    ArchivesRepository& archives_;
    ConsumersRepository& consumers_;
    Writer& writer_;
    Hub& hub_;
};

}  // namespace darkroom::event_bus
