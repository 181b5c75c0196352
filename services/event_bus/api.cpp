#include "services/event_bus/api.hpp"

#include "services/event_bus/cloud_events.hpp"
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

/// The user whose events alone the caller may see; nullopt: all. Naming somebody else is refused.
std::optional<std::string> visible_user(const auth::Caller& caller, const std::optional<UserId>& named) {
    if (sees_everything(caller)) return named ? std::optional(named->text()) : std::nullopt;
    return caller.acting_for(named).text();
}

EventFilter filter_of(const EventsQuery& query, const auth::Caller& caller) {
    EventFilter filter{.source = query.source,
                       .correlation_id = query.correlation_id,
                       .since = query.since,
                       .until = query.until,
                       .archived = query.archived.value_or(false)};
    if (query.event_type) {
        filter.type = query.event_type->exact();
        if (!filter.type) filter.type_like = query.event_type->like();
    }
    filter.user_id = visible_user(caller, query.user_id);
    return filter;
}

bool as_cloud_events(const Context& context) {
    return wants_cloud_events(context.request.headers.get("Accept"));
}

/// The bare documents of CloudEvents; what a list says besides its events goes into headers.
Response cloud_event(const bus::Envelope& event) {
    auto response = Response::text(200, std::string(cloud_event_type), to_cloud_event(event));
    response.headers.set("Vary", "Accept");
    return response;
}

Response cloud_batch(const std::vector<bus::Envelope>& events) {
    auto response = Response::text(200, std::string(cloud_batch_type), to_cloud_batch(events));
    response.headers.set("Vary", "Accept");
    return response;
}

Viewer viewer_of(const auth::Caller& caller) {
    return {.visibility = Visibility::of(caller), .session = caller.session_id};
}

/// Where a client that lost its stream stands: the browser's EventSource sends it by itself.
std::optional<json::Bounded<0, 9'000'000'000'000'000>> last_event_id(const Context& context) {
    const auto text = context.request.headers.get("Last-Event-ID");
    if (text.empty()) return std::nullopt;
    json::Problems problems(json::Unknown::refuse);
    const json::Problems::Step step(problems, "Last-Event-ID");
    const auto position = json::decode_text<json::Bounded<0, 9'000'000'000'000'000>>(text, problems);
    if (!problems.empty()) fail(invalid_fields(problems.take()));
    return position;
}

/// `rest` are the members of `data` beside `events`.
Response answer_list(const Context& context, const std::vector<bus::Envelope>& events, const json::Object& rest,
                     std::string_view message) {
    if (as_cloud_events(context)) {
        auto response = cloud_batch(events);
        response.headers.set("X-Next-After", std::to_string(rest.at("next_after").as_int64()));
        return response;
    }
    auto tail = json::serialize(rest);
    tail.front() = ',';
    return http::raw_envelope(context, R"({"events":)" + bus::to_json(events) + tail, message);
}

/// What a consumer says of its failure may name what only operators are to know.
void hide_errors(std::vector<EventProgress>& progress) {
    for (auto& entry : progress) entry.error.reset();
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
        {Verb::get, "/events", Access::permission_or_service(auth::permission::events_read_own), &Api::list,
         "The log, newest first; oldest first from `after` on."},
        {Verb::get, "/admin/events", Access::permission(auth::permission::events_read), &Api::list, "The same as /events."},
        {Verb::get, "/events/stats", Access::permission_or_service(auth::permission::events_read_own), &Api::stats,
         "Totals, by type, by source, per minute."},
        {Verb::get, "/stats", Access::permission_or_service(auth::permission::events_read_own), &Api::stats,
         "The same as /events/stats."},
        {Verb::get,
         "/events/stream",
         Access::permission_or_service(auth::permission::events_read_own),
         &Api::stream,
         "Live events as server-sent events, with filters; resumes by Last-Event-ID or `after`.",
         {.response_type = "text/event-stream"}},
        {Verb::get, "/events/{id}", Access::permission_or_service(auth::permission::events_read_own), &Api::read, "One event."},
        {"/ws/events", Access::permission_or_service(auth::permission::events_read_own), &Api::serve_socket,
         "Live events, with filters and resume."},
    };
    return table;
}

awaitable<Response> Api::publish(Context& context) {
    const auto body = co_await http::read_all(context.body, publish_body_limit);
    auto published = parse_published(body, {context.caller, context.correlation_id.text()}).value();
    const auto stored = co_await writer_.publish(std::move(published.events));
    if (as_cloud_events(context)) co_return published.many ? cloud_batch(stored) : cloud_event(stored.front());
    if (!published.many) co_return http::raw_envelope(context, bus::to_json(stored.front()), "Event stored");
    co_return http::raw_envelope(context, R"({"events":)" + bus::to_json(stored) + '}', "Events stored");
}

awaitable<Response> Api::list(Context& context, http::Query<EventsQuery> query) {
    const auto filter = filter_of(query.value, context.caller);
    if (query->after) co_return co_await list_after(context, filter, query.value);
    auto page = http::PageRequest::of(query->page, query->size);
    if (query->limit) page.size = query->limit->value;
    if (!query->limit && !query->size) page.size = default_limit;
    // The head first, so that who goes on from `next_after` misses nothing.
    const auto head = co_await repository_.head();
    const auto total = co_await repository_.count(filter);
    const auto events = co_await repository_.newest(filter, page.size, page.offset());
    const json::Object rest{{"pagination", json::encode(page.with_total(total))}, {"next_after", head.position}};
    co_return answer_list(context, events, rest, "Events, newest first");
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
    co_return answer_list(context, events, rest, "Events, oldest first");
}

awaitable<Response> Api::read(Context& context, http::Path<EventPath> path, http::Query<EventQuery> query) {
    const auto event = co_await repository_.find(path->id, query->archived.value_or(false));
    if (!event || !Visibility::of(context.caller).allows(*event)) fail({Kind::not_found, "event_not_found", "no such event"});
    if (as_cloud_events(context)) co_return cloud_event(*event);
    auto progress = co_await consumers_.progress_of(event->id, event->type, event->position);
    if (!sees_everything(context.caller)) hide_errors(progress);
    auto text = bus::to_json(*event);
    text.pop_back();
    text += R"(,"consumers":)" + json::serialize(json::encode(progress)) + '}';
    co_return http::raw_envelope(context, text, "Event", true, true);
}

awaitable<http::Ok<EventStats>> Api::stats(Context& context) {
    const auto user = visible_user(context.caller, std::nullopt);
    EventStats stats;
    const auto by_type = co_await repository_.count_by_type(user);
    const auto by_source = co_await repository_.count_by_source(user);
    const auto per_minute = co_await repository_.count_by_minute(user, minutes_of_stats);
    const auto head = co_await repository_.head();
    if (!user) stats.archived_events = co_await archives_.count_events();
    for (const auto& entry : by_type) stats.total_events += entry.count;
    stats.position = head.position;
    stats.by_type = to_map(by_type);
    stats.by_source = to_map(by_source);
    stats.per_minute = to_map(per_minute);
    if (!user) stats.consumer_lag = co_await lag_of_consumers();
    const auto connections = hub_.connections(user);
    stats.websocket_connections = connections.websockets;
    stats.stream_connections = connections.streams;
    stats.connections = connections.websockets + connections.streams;
    co_return http::Ok<EventStats>{std::move(stats), "Event statistics"};
}

awaitable<std::map<std::string, std::int64_t>> Api::lag_of_consumers() {
    const auto consumers = co_await consumers_.list();
    std::map<std::string, std::int64_t> lag;
    for (const auto& consumer : consumers) lag.emplace(consumer.name, consumer.lag);
    co_return lag;
}

awaitable<Response> Api::stream(Context& context, http::Query<StreamQuery> query) {
    SubscribeRequest request{.type = "subscribe", .user_id = query->user_id, .after = query->after};
    if (query->event_types) request.event_types = query->event_types->patterns();
    const auto resumed = last_event_id(context);
    if (resumed) request.after = resumed;
    auto viewer = viewer_of(context.caller);
    co_return co_await hub_.open_stream(std::move(viewer), std::move(request));
}

awaitable<> Api::serve_socket(Context& context, http::WebSocket socket) {
    auto viewer = viewer_of(context.caller);
    co_await hub_.serve(std::move(viewer), std::move(socket));
}

}  // namespace darkroom::event_bus
