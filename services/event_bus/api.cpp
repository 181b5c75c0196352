#include "services/event_bus/api.hpp"

#include "services/event_bus/published_events.hpp"

namespace darkroom::event_bus {

using http::Access;
using http::Context;
using http::Response;
using http::Verb;

namespace {

constexpr std::uint64_t publish_body_limit = 8 * 1024 * 1024;
constexpr std::int64_t default_limit = 100;
constexpr std::int64_t minutes_of_stats = 60;

bool sees_everything(const auth::Caller& caller) {
    return caller.may(auth::permission::events_read);
}

/// The user whose events alone the caller may see; nullopt: all. Naming somebody else is refused.
std::optional<std::string> visible_user(const auth::Caller& caller, const std::optional<UserId>& named) {
    if (sees_everything(caller)) return named ? std::optional(named->text()) : std::nullopt;
    return caller.acting_for(named).text();
}

EventFilter filter_of(const EventsQuery& query, const auth::Caller& caller) {
    EventFilter filter{
        .source = query.source, .correlation_id = query.correlation_id, .since = query.since, .until = query.until};
    if (query.event_type) {
        filter.type = query.event_type->exact();
        filter.type_like = query.event_type->like();
    }
    filter.user_id = visible_user(caller, query.user_id);
    return filter;
}

std::map<std::string, std::int64_t> to_map(const std::vector<NamedCount>& counts) {
    std::map<std::string, std::int64_t> map;
    for (const auto& entry : counts) map.emplace(entry.name, entry.count);
    return map;
}

}  // namespace

const http::Endpoints<Api>& Api::endpoints() {
    static const http::Endpoints<Api> table{
        {Verb::post,
         "/events/publish",
         Access::permission_or_service(auth::permission::events_publish),
         &Api::publish,
         "Store one event or an array of them; answers with their positions once they are durable.",
         {.body_limit = publish_body_limit, .request_type = "application/json"}},
        {Verb::get, "/events", Access::signed_in, &Api::list, "The log, newest first; oldest first from `after` on."},
        {Verb::get, "/admin/events", Access::permission(auth::permission::events_read), &Api::list, "The same as /events."},
        {Verb::get, "/events/stats", Access::signed_in, &Api::stats, "Totals, by type, by source, per minute."},
        {Verb::get, "/stats", Access::signed_in, &Api::stats, "The same as /events/stats."},
        {Verb::get, "/events/{id}", Access::signed_in, &Api::read, "One event."},
        {"/ws/events", Access::signed_in, &Api::stream, "Live events, with filters and resume."},
    };
    return table;
}

awaitable<Response> Api::publish(Context& context) {
    const auto body = co_await http::read_all(context.body, publish_body_limit);
    auto published = parse_published(body, {context.caller, context.correlation_id.text()}).value();
    const auto stored = co_await writer_.publish(std::move(published.events));
    if (!published.many) co_return http::raw_envelope(context, bus::to_json(stored.front()), "Event stored");
    co_return http::raw_envelope(context, R"({"events":)" + bus::to_json(stored) + '}', "Events stored");
}

awaitable<Response> Api::list(Context& context, http::Query<EventsQuery> query) {
    const auto filter = filter_of(query.value, context.caller);
    if (query->after) co_return co_await list_after(context, filter, query.value);
    auto page = http::PageRequest::of(query->page, query->size);
    if (query->limit) page.size = query->limit->value;
    if (!query->limit && !query->size) page.size = default_limit;
    const auto total = co_await repository_.count(filter);
    const auto events = co_await repository_.newest(filter, page.size, page.offset());
    const auto pagination = json::serialize(json::encode(page.with_total(total)));
    co_return http::raw_envelope(context, R"({"events":)" + bus::to_json(events) + R"(,"pagination":)" + pagination + '}',
                                 "Events, newest first");
}

awaitable<Response> Api::list_after(Context& context, EventFilter filter, const EventsQuery& query) {
    const auto limit = query.limit ? query.limit->value : default_limit;
    const auto after = query.after->value;
    // The head first, so that `next_after` never passes over an event stored meanwhile.
    const auto head = co_await repository_.head();
    const auto events = co_await repository_.after(filter, after, limit);
    auto next_after = std::max(after, head.position);
    if (std::ssize(events) >= limit) next_after = events.back().position;
    if (!events.empty()) next_after = std::max(next_after, events.back().position);
    const json::Object rest{{"next_after", next_after}, {"head", std::max(head.position, next_after)}};
    auto tail = json::serialize(rest);
    tail.front() = ',';
    co_return http::raw_envelope(context, R"({"events":)" + bus::to_json(events) + tail, "Events, oldest first");
}

awaitable<Response> Api::read(Context& context, http::Path<EventPath> path) {
    const auto event = co_await repository_.find(path->id);
    const bool visible = event && (sees_everything(context.caller) || event->user_id == context.caller.user_id.text());
    if (!visible) fail({Kind::not_found, "event_not_found", "no such event"});
    co_return http::raw_envelope(context, bus::to_json(*event), "Event", true, true);
}

awaitable<http::Ok<EventStats>> Api::stats(Context& context) {
    const auto user = visible_user(context.caller, std::nullopt);
    EventStats stats;
    const auto by_type = co_await repository_.count_by_type(user);
    const auto by_source = co_await repository_.count_by_source(user);
    const auto per_minute = co_await repository_.count_by_minute(user, minutes_of_stats);
    const auto head = co_await repository_.head();
    for (const auto& entry : by_type) stats.total_events += entry.count;
    stats.position = head.position;
    stats.by_type = to_map(by_type);
    stats.by_source = to_map(by_source);
    stats.per_minute = to_map(per_minute);
    stats.connections = static_cast<std::int64_t>(hub_.connections());
    co_return http::Ok<EventStats>{std::move(stats), "Event statistics"};
}

awaitable<> Api::stream(Context& context, http::WebSocket socket) {
    Visibility visibility;
    if (!sees_everything(context.caller)) visibility.only_user = context.caller.user_id.text();
    co_await hub_.serve(std::move(visibility), std::move(socket));
}

}  // namespace darkroom::event_bus
