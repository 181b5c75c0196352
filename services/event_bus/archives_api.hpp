// Clearing the log, and reading what was cleared.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/event_bus/archives_repository.hpp"
#include "services/event_bus/events_repository.hpp"

namespace darkroom::event_bus {

struct ArchivePath {
    EventId id;
};
BOOST_DESCRIBE_STRUCT(ArchivePath, (), (id))

/// DELETE /events/clear.
struct ClearedLog {
    std::int64_t archived_events = 0;
    /// null when there was nothing to clear.
    std::optional<std::string> archive_id;
    /// The log's head: the next event gets the position behind it.
    std::int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(ClearedLog, (), (archived_events, archive_id, position))

struct ArchiveList {
    std::vector<Archive> archives;
    http::Pagination pagination;
};
BOOST_DESCRIBE_STRUCT(ArchiveList, (), (archives, pagination))

class ArchivesApi {
public:
    ArchivesApi(EventsRepository& events, ArchivesRepository& archives) : events_(events), archives_(archives) {}

    static const http::Endpoints<ArchivesApi>& endpoints();

    awaitable<http::Ok<ClearedLog>> clear(http::Context& context);
    awaitable<http::Ok<ArchiveList>> list(http::Query<http::PageQuery> query);
    awaitable<http::Response> download(http::Path<ArchivePath> path);
    awaitable<http::Ok<>> remove(http::Context& context, http::Path<ArchivePath> path);

private:
    EventsRepository& events_;
    ArchivesRepository& archives_;
};

}  // namespace darkroom::event_bus
