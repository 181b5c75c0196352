// Who reads the log, how far they are, what they have given up, and what they are given.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/event_bus/consumers_repository.hpp"

namespace darkroom::event_bus {

/// The name of a consumer: a service's.
class ConsumerName {
public:
    static Result<ConsumerName> parse(std::string_view text);
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 100};

    ConsumerName() = default;
    const std::string& text() const noexcept { return text_; }

private:
    explicit ConsumerName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

struct ConsumerNamePath {
    ConsumerName name{};
};
BOOST_DESCRIBE_STRUCT(ConsumerNamePath, (), (name))

struct ConsumerList {
    std::vector<ConsumerView> consumers;
};
BOOST_DESCRIBE_STRUCT(ConsumerList, (), (consumers))

struct DeadLettersQuery {
    std::optional<std::string> consumer;
    std::optional<std::string> event_type;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
};
BOOST_DESCRIBE_STRUCT(DeadLettersQuery, (), (consumer, event_type, page, size))

struct DeadLetterList {
    std::vector<DeadLetterView> dead_letters;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(DeadLetterList, (), (dead_letters, pagination))

struct ReplayRequest {
    /// Those of the list; all that the other members fit where it is absent.
    std::optional<std::vector<std::string>> ids;
    std::optional<std::string> consumer;
    std::optional<std::string> event_type;
};
BOOST_DESCRIBE_STRUCT(ReplayRequest, (), (ids, consumer, event_type))

struct ReplayReply {
    std::int64_t requested = 0;
};
BOOST_DESCRIBE_STRUCT(ReplayReply, (), (requested))

struct RouteRequest {
    /// "image.*"
    TypePattern pattern{};
    /// A name of GET /events/consumers; all where it is absent.
    std::optional<ConsumerName> consumer;
    bus::RouteAction action{};
};
BOOST_DESCRIBE_STRUCT(RouteRequest, (), (pattern, consumer, action))

struct RouteList {
    std::vector<Route> routes;
};
BOOST_DESCRIBE_STRUCT(RouteList, (), (routes))

struct RoutePath {
    RouteId id{};
};
BOOST_DESCRIBE_STRUCT(RoutePath, (), (id))

class ConsumersApi {
public:
    explicit ConsumersApi(ConsumersRepository& consumers) : consumers_(consumers) {}

    static const http::Endpoints<ConsumersApi>& endpoints();

private:
    awaitable<http::Ok<bus::ReportAnswer>> report(http::Context& context, http::Path<ConsumerNamePath> path,
                                                  http::Body<bus::ConsumerReport> body);
    awaitable<http::Ok<ConsumerList>> list();
    awaitable<http::Ok<DeadLetterList>> list_dead_letters(http::Query<DeadLettersQuery> query);
    awaitable<http::Ok<ReplayReply>> replay(http::Body<ReplayRequest> body);
    awaitable<http::Ok<RouteList>> list_routes();
    awaitable<http::Ok<Route>> set_route(http::Context& context, http::Body<RouteRequest> body);
    awaitable<http::Ok<>> remove_route(http::Path<RoutePath> path);

    ConsumersRepository& consumers_;
};

}  // namespace darkroom::event_bus
