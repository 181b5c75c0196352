// The log: storing, finding and counting events.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/bus/sequencer.hpp"
#include "platform/pg/pool.hpp"

#include <map>

namespace darkroom::event_bus {

/// What a reader asks of the log; empty members do not filter.
struct EventFilter {
    std::optional<std::string> type{};
    std::optional<std::string> type_like{};
    std::optional<std::string> source{};
    std::optional<std::string> user_id{};
    std::optional<std::string> correlation_id{};
    std::optional<Timestamp> since{};
    std::optional<Timestamp> until{};
    /// What was cleared is looked through as well.
    bool archived = false;
};

struct Appended {
    std::int64_t old_head = 0;
    /// Of each event, in the order given; at most `old_head` for one that was stored before.
    std::vector<std::int64_t> positions;
};
BOOST_DESCRIBE_STRUCT(Appended, (), (old_head, positions))

struct Head {
    std::int64_t epoch = 0;
    std::int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(Head, (), (epoch, position))

struct NamedCount {
    std::string name;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(NamedCount, (), (name, count))

/// True for the refusal of an epoch that is not the newest any more.
bool is_fenced(const pg::DatabaseError& error);

class EventsRepository {
public:
    explicit EventsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Begins a new epoch: whoever wrote before is fenced.
    awaitable<Head> begin_epoch();
    awaitable<Head> head();
    /// Durable when it returns. Throws DatabaseError (`is_fenced`) for an old epoch.
    awaitable<Appended> append(std::int64_t epoch, const std::vector<bus::Envelope>& events);

    /// Newest first.
    awaitable<std::vector<bus::Envelope>> newest(EventFilter filter, std::int64_t limit, std::int64_t offset);
    /// Oldest first, behind `after`.
    awaitable<std::vector<bus::Envelope>> after(EventFilter filter, std::int64_t after, std::int64_t limit);
    awaitable<std::int64_t> count(EventFilter filter);
    awaitable<std::optional<bus::Envelope>> find(EventId id, bool archived);
    /// Log and archive behind `after`, with a head read before them.
    awaitable<bus::Page> page(std::int64_t after, std::int64_t limit);

    awaitable<std::vector<NamedCount>> count_by_type(std::optional<std::string> user_id);
    awaitable<std::vector<NamedCount>> count_by_source(std::optional<std::string> user_id);
    /// Stored in the last `minutes` whole minutes, oldest first; minutes without events are 0.
    awaitable<std::vector<NamedCount>> count_by_minute(std::optional<std::string> user_id, std::int64_t minutes);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::event_bus
