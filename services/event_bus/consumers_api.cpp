#include "services/event_bus/consumers_api.hpp"

#include <algorithm>

namespace darkroom::event_bus {

using http::Access;
using http::Verb;

namespace {

using auth::permission::events_manage;
using auth::permission::events_read;

constexpr std::uint64_t report_limit = 4 * 1024 * 1024;

}  // namespace

Result<ConsumerName> ConsumerName::parse(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    const bool good = text == "*" || (!text.empty() && text.size() <= schema.max_length && std::ranges::all_of(text, fits));
    if (!good) return invalid_field("", "is not a consumer's name");
    return ConsumerName(std::string(text));
}

const http::Endpoints<ConsumersApi>& ConsumersApi::endpoints() {
    static const http::Endpoints<ConsumersApi> table{
        {Verb::post,
         "/internal/consumers/{name}",
         Access::service,
         &ConsumersApi::report,
         "A consumer says where it stands and is told what to do.",
         {.body_limit = report_limit, .internal = true}},
        {Verb::get, "/events/consumers", Access::permission_or_service(events_read), &ConsumersApi::list,
         "Who reads the log: checkpoint, lag, state."},
        {Verb::get, "/events/dead-letters", Access::permission_or_service(events_read), &ConsumersApi::list_dead_letters,
         "Events that a consumer has given up."},
        {Verb::post, "/events/dead-letters", Access::permission(events_manage), &ConsumersApi::replay,
         "Have dead letters tried again: those with these ids, or all that fit."},
        {Verb::get, "/events/routes", Access::permission_or_service(events_read), &ConsumersApi::list_routes,
         "Rules on which events a consumer is given; the most specific pattern decides."},
        {Verb::post, "/events/routes", Access::permission(events_manage), &ConsumersApi::set_route,
         "Deliver, exclude or pause a pattern of types for a consumer or for all."},
        {Verb::del, "/events/routes/{id}", Access::permission(events_manage), &ConsumersApi::remove_route, "Remove a rule."},
    };
    return table;
}

awaitable<http::Ok<bus::ReportAnswer>> ConsumersApi::report(http::Context& context, http::Path<ConsumerNamePath> path,
                                                            http::Body<bus::ConsumerReport> body) {
    // A service speaks for its own consumers only.
    if (!path->name.text().starts_with(context.caller.service)) {
        fail({Kind::forbidden, "forbidden", "this is another service's consumer"});
    }
    auto answer = co_await consumers_.report(path->name.text(), context.caller.service, std::move(body.value));
    co_return http::Ok<bus::ReportAnswer>{std::move(answer)};
}

awaitable<http::Ok<ConsumerList>> ConsumersApi::list() {
    http::Ok<ConsumerList> reply;
    reply.data.consumers = co_await consumers_.list();
    co_return reply;
}

awaitable<http::Ok<DeadLetterList>> ConsumersApi::list_dead_letters(http::Query<DeadLettersQuery> query) {
    const auto page = http::PageRequest::of(query->page, query->size);
    const LetterFilter filter{query->consumer, query->event_type};
    http::Ok<DeadLetterList> reply;
    const auto total = co_await consumers_.count_letters(filter);
    reply.data.dead_letters = co_await consumers_.list_letters(filter, page.size, page.offset());
    reply.data.pagination = page.with_total(total);
    co_return reply;
}

awaitable<http::Ok<ReplayReply>> ConsumersApi::replay(http::Body<ReplayRequest> body) {
    auto& request = body.value;
    const bool names_any = request.consumer || request.event_type || (request.ids && !request.ids->empty());
    if (!names_any) fail(invalid_field("ids", "is required unless consumer or event_type is given"));
    LetterFilter filter{std::move(request.consumer), std::move(request.event_type)};
    const auto requested =
        co_await consumers_.request_replay(std::move(filter), request.ids.value_or(std::vector<std::string>{}));
    co_return http::Ok<ReplayReply>{{requested}, "The consumers try them again"};
}

awaitable<http::Ok<RouteList>> ConsumersApi::list_routes() {
    http::Ok<RouteList> reply;
    reply.data.routes = co_await consumers_.list_routes();
    co_return reply;
}

awaitable<http::Ok<Route>> ConsumersApi::set_route(http::Context& context, http::Body<RouteRequest> body) {
    auto& request = body.value;
    const auto consumer = request.consumer ? request.consumer->text() : std::string("*");
    auto route =
        co_await consumers_.set_route(consumer, std::move(request.pattern), request.action, context.caller.user_id.text());
    co_return http::Ok<Route>{std::move(route), "Rule set; consumers follow it with their next report"};
}

awaitable<http::Ok<>> ConsumersApi::remove_route(http::Path<RoutePath> path) {
    const bool removed = co_await consumers_.remove_route(path->id);
    if (!removed) fail({Kind::not_found, "route_not_found", "there is no such rule"});
    co_return http::Ok<>{.message = "Rule removed"};
}

}  // namespace darkroom::event_bus
