// What was cleared from the log.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/pg/pool.hpp"

namespace darkroom::event_bus {

struct Archive {
    std::string id;
    Timestamp created_at{};
    /// The administrator's id.
    std::string created_by;
    std::optional<std::int64_t> first_position;
    std::optional<std::int64_t> last_position;
    std::int64_t events = 0;
};
BOOST_DESCRIBE_STRUCT(Archive, (), (id, created_at, created_by, first_position, last_position, events))

class ArchivesRepository {
public:
    explicit ArchivesRepository(pg::Pool& pool) : pool_(pool) {}

    /// Moves everything up to `head` out of the log, piece by piece, so that nobody who publishes has to wait. A crash in
    /// between leaves two parts that together are whole; clearing again moves the rest.
    awaitable<Archive> archive(std::string created_by, std::int64_t head);

    awaitable<std::vector<Archive>> list(std::int64_t limit, std::int64_t offset);
    awaitable<std::int64_t> count();
    awaitable<std::int64_t> count_events();
    awaitable<std::optional<Archive>> find(std::string id);
    /// Oldest first, behind `after`.
    awaitable<std::vector<bus::Envelope>> events(std::string id, std::int64_t after, std::int64_t limit);
    /// The archive and its events, for good. False when there is none.
    awaitable<bool> remove(std::string id);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::event_bus
