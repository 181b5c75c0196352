// Consumers as they report themselves, their dead letters, and the rules on what they are given.
#pragma once

#include "platform/bus/consumer_report.hpp"
#include "platform/core/ids.hpp"
#include "platform/pg/pool.hpp"
#include "services/event_bus/domain/event_type.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::event_bus {

enum class ConsumerState { healthy, failing, paused, silent };
BOOST_DESCRIBE_ENUM(ConsumerState, healthy, failing, paused, silent)

struct ConsumerView {
    std::string name{};
    std::string service{};
    /// Everything up to here is dealt with.
    std::int64_t position = 0;
    /// Events behind the head, those included that it passes over.
    std::int64_t lag = 0;
    /// silent: it has not reported for half a minute.
    ConsumerState state{};
    std::vector<std::string> event_types{};
    std::optional<std::int64_t> held_position{};
    std::optional<std::int64_t> held_attempts{};
    std::optional<std::string> held_error{};
    std::int64_t dead_letters = 0;
    Timestamp reported_at{};
};
BOOST_DESCRIBE_STRUCT(ConsumerView, (),
                      (name, service, position, lag, state, event_types, held_position, held_attempts, held_error, dead_letters,
                       reported_at))

enum class ProcessingStatus { pending, processing, completed, failed };
BOOST_DESCRIBE_ENUM(ProcessingStatus, pending, processing, completed, failed)

/// How far one event has come with one consumer that acts on its type.
struct EventProgress {
    std::string consumer{};
    ProcessingStatus status{};
    std::optional<std::string> error{};
};
BOOST_DESCRIBE_STRUCT(EventProgress, (), (consumer, status, error))

/// `id` is "<consumer>/<id in the consumer's own table>".
struct DeadLetterView : bus::DeadLetter {
    std::string consumer{};
    std::optional<Timestamp> replay_requested_at{};
};
BOOST_DESCRIBE_STRUCT(DeadLetterView, (bus::DeadLetter), (consumer, replay_requested_at))

struct RouteTag {};
using RouteId = Id<RouteTag>;

struct Route {
    RouteId id{};
    std::string consumer{};
    std::string pattern{};
    bus::RouteAction action{};
    std::string created_by{};
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(Route, (), (id, consumer, pattern, action, created_by, created_at))

struct LetterFilter {
    std::optional<std::string> consumer{};
    std::optional<std::string> event_type{};
};

class ConsumersRepository {
public:
    explicit ConsumersRepository(pg::Pool& pool) : pool_(pool) {}

    /// Stores what is reported and answers with what the consumer is to do.
    awaitable<bus::ReportAnswer> report(std::string name, std::string service, bus::ConsumerReport report);
    awaitable<std::vector<ConsumerView>> list();
    awaitable<std::vector<EventProgress>> progress_of(std::string event_id, std::string event_type, std::int64_t position);

    awaitable<std::int64_t> count_letters(LetterFilter filter);
    awaitable<std::vector<DeadLetterView>> list_letters(LetterFilter filter, std::int64_t limit, std::int64_t offset);
    /// Empty `ids`: all that the filter fits. How many were asked for.
    awaitable<std::int64_t> request_replay(LetterFilter filter, std::vector<std::string> ids);

    awaitable<std::vector<Route>> list_routes();
    /// The rule of that consumer and pattern, made or changed.
    awaitable<Route> set_route(std::string consumer, TypePattern pattern, bus::RouteAction action, std::string who);
    awaitable<bool> remove_route(RouteId id);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::event_bus
