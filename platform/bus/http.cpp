#include "platform/bus/http.hpp"

#include "platform/core/encoding.hpp"
#include "platform/json/raw.hpp"

namespace darkroom::bus {

namespace {

constexpr const char* audience = "event-bus";

Error bus_unavailable(std::string detail) {
    return {Kind::unavailable, "event_bus_unavailable", std::move(detail), {}, Seconds{1}};
}

awaitable<http::ClientResponse> call(http::Client& client, auth::ServiceTokens& tokens, http::Origin events,
                                     http::ClientRequest request) {
    const auto token = co_await tokens.token_for(audience);
    request.headers.set("Authorization", "Bearer " + token);
    request.headers.set("Accept", "application/json");
    auto response = co_await client.send(events, std::move(request));
    // Perhaps a key was rotated: the next attempt comes with a new token.
    if (response.status == 401) tokens.drop(audience);
    co_return response;
}

/// Statuses that say that this very request will never be accepted.
bool is_final(int status) {
    return status == 400 || status == 409 || status == 413 || status == 422;
}

awaitable<> publish(http::Client& client, auth::ServiceTokens& tokens, http::Origin events, std::vector<Envelope> batch) {
    http::ClientRequest request;
    request.verb = http::Verb::post;
    request.target = "/events/publish";
    request.headers.set("Content-Type", "application/json");
    request.body = to_json(batch);
    const auto response = co_await call(client, tokens, std::move(events), std::move(request));
    if (response.ok()) co_return;
    auto reason = "the event bus answered " + std::to_string(response.status) + ": " + response.body.substr(0, 500);
    if (is_final(response.status)) fail({Kind::invalid, "event_refused", std::move(reason)});
    fail(bus_unavailable(std::move(reason)));
}

struct PageData {
    json::Value events;
    std::int64_t next_after = 0;
    std::int64_t head = 0;
};
BOOST_DESCRIBE_STRUCT(PageData, (), (events, next_after, head))

struct PageAnswer {
    PageData data;
};
BOOST_DESCRIBE_STRUCT(PageAnswer, (), (data))

Page page_from(std::string_view body) {
    const auto answer = json::decode_json<PageAnswer>(body, json::Unknown::ignore);
    if (!answer) fail(bus_unavailable("the event bus answered something else: " + answer.error().detail));
    Page page{{}, answer->data.next_after, answer->data.head};
    const auto data = json::raw_member(body, "data");
    const auto events = data ? json::raw_member(*data, "events") : std::nullopt;
    if (!events) fail(bus_unavailable("the event bus answered no events"));
    for (const auto text : json::raw_elements(*events)) page.events.push_back(envelope_from_json(text).value());
    return page;
}

awaitable<Page> fetch(http::Client& client, auth::ServiceTokens& tokens, http::Origin events, std::int64_t after,
                      std::int64_t limit) {
    http::ClientRequest request;
    request.target = "/events?archived=true&after=" + std::to_string(after) + "&limit=" + std::to_string(limit);
    request.max_response_bytes = 128 * 1024 * 1024;
    const auto response = co_await call(client, tokens, std::move(events), std::move(request));
    if (!response.ok()) fail(bus_unavailable("the event bus answered " + std::to_string(response.status)));
    co_return page_from(response.body);
}

struct ReportReply {
    ReportAnswer data;
};
BOOST_DESCRIBE_STRUCT(ReportReply, (), (data))

awaitable<ReportAnswer> report(http::Client& client, auth::ServiceTokens& tokens, http::Origin events, std::string consumer,
                               ConsumerReport report) {
    http::ClientRequest request;
    request.verb = http::Verb::post;
    request.target = "/internal/consumers/" + percent_encode(consumer);
    request.headers.set("Content-Type", "application/json");
    request.body = json::serialize(json::encode(report));
    const auto response = co_await call(client, tokens, std::move(events), std::move(request));
    if (!response.ok()) fail(bus_unavailable("the event bus answered " + std::to_string(response.status)));
    auto reply = json::decode_json<ReportReply>(response.body, json::Unknown::ignore);
    if (!reply) fail(bus_unavailable("the event bus answered something else: " + reply.error().detail));
    co_return std::move(reply->data);
}

}  // namespace

Publisher http_publisher(http::Client& client, auth::ServiceTokens& tokens, http::Origin events) {
    return [&client, &tokens, events = std::move(events)](std::vector<Envelope> batch) {
        return publish(client, tokens, events, std::move(batch));
    };
}

Reporter http_reporter(http::Client& client, auth::ServiceTokens& tokens, http::Origin events) {
    return [&client, &tokens, events = std::move(events)](std::string consumer, ConsumerReport state) {
        return report(client, tokens, events, std::move(consumer), std::move(state));
    };
}

Fetcher http_fetcher(http::Client& client, auth::ServiceTokens& tokens, http::Origin events) {
    return [&client, &tokens, events = std::move(events)](std::int64_t after, std::int64_t limit) {
        return fetch(client, tokens, events, after, limit);
    };
}

}  // namespace darkroom::bus
