#include "services/notifications/api.hpp"

#include "services/notifications/domain/frames.hpp"

namespace darkroom::notifications {

using auth::Access;
using http::Verb;

namespace {

constexpr Access may_read = Access::permission_or_service(auth::permission::notifications_read);
constexpr Access may_write = Access::permission_or_service(auth::permission::notifications_write);

/// The same key from the same caller is the same request.
std::optional<std::string> origin_of(const http::Context& context) {
    const auto given = context.request.headers.get("Idempotency-Key");
    if (given.empty()) return std::nullopt;
    const auto key = IdempotencyKey::parse(given).value();
    const auto& caller = context.caller;
    return "request:" + (caller.is_service() ? caller.service : caller.user_id.text()) + ':' + key.text();
}

}  // namespace

const http::Endpoints<Api>& Api::endpoints() {
    static const http::Endpoints<Api> table{
        {Verb::get, "/notifications", may_read, &Api::list, "List notifications, newest first.", {.etag = true}},
        {Verb::post, "/notifications", Access::permission_or_service(auth::permission::notifications_send), &Api::send,
         "Send a notification to a user. With an Idempotency-Key, sending again gives the first one."},
        {Verb::post,
         "/notifications/broadcast",
         Access::permission(auth::permission::notifications_send),
         &Api::broadcast,
         "Tell every active account, or those of one role. With an Idempotency-Key, sending again tells nobody twice.",
         {.deadline = 120s}},
        {Verb::get, "/notifications/stats", may_read, &Api::read_stats,
         "How many notifications, by type, status and channel, and how long they took in the last 24 hours."},
        {Verb::get,
         "/notifications/preferences",
         may_read,
         &Api::read_preferences,
         "Which types are wanted in the app and by e-mail.",
         {.etag = true}},
        {Verb::put, "/notifications/preferences", may_write, &Api::change_preferences,
         "Change what is wanted. Types and channels left out stay as they are."},
        {Verb::put, "/notifications/read-all", may_write, &Api::mark_all_read, "Mark every notification as read."},
        {Verb::get, "/notifications/{id}", may_read, &Api::read_one, "Read one notification.", {.etag = true}},
        {Verb::put, "/notifications/{id}/read", may_write, &Api::mark_read, "Mark one notification as read."},
        {Verb::del, "/notifications/{id}", may_write, &Api::remove, "Delete one notification."},
        {"/ws/notifications", Access::permission(auth::permission::notifications_read), &Api::live,
         "The caller's notifications as they happen."},
    };
    return table;
}

awaitable<http::Ok<NotificationList>> Api::list(http::Context& context, http::Query<ListQuery> query) {
    const auto user = context.caller.acting_for(query->user_id);
    const auto page = http::PageRequest::of(query->page, query->size);
    Filter filter{.unread_only = query->unread_only.value_or(false)};
    if (query->notification_type) filter.type = query->notification_type->text();
    filter.oldest_first = query->sort && query->sort->is_ascending();
    auto found = co_await repository_.list(user, std::move(filter), page);
    co_return http::Ok<NotificationList>{{std::move(found.notifications), page.with_total(found.total)}};
}

awaitable<http::Ok<Notification>> Api::read_one(http::Context& context, http::Path<ById> path, http::Query<Whose> query) {
    auto found = co_await repository_.find(context.caller.acting_for(query->user_id), path->id);
    co_return http::Ok<Notification>{std::move(found)};
}

awaitable<http::Ok<Notification>> Api::mark_read(http::Context& context, http::Path<ById> path, http::Query<Whose> query) {
    const auto user = context.caller.acting_for(query->user_id);
    auto changed = co_await repository_.mark_read(user, path->id, context.correlation_id.text());
    co_return http::Ok<Notification>{std::move(changed), "marked as read"};
}

awaitable<http::Ok<Updated>> Api::mark_all_read(http::Context& context, http::Query<Whose> query) {
    const auto user = context.caller.acting_for(query->user_id);
    const auto updated = co_await repository_.mark_all_read(user, context.correlation_id.text());
    co_return http::Ok<Updated>{{updated}, "marked as read"};
}

awaitable<http::Ok<>> Api::remove(http::Context& context, http::Path<ById> path, http::Query<Whose> query) {
    co_await repository_.remove(context.caller.acting_for(query->user_id), path->id);
    co_return http::Ok<>{{}, "deleted"};
}

awaitable<http::Ok<Notification>> Api::send(http::Context& context, http::Body<SendBody> body) {
    Draft draft{body->type, body->title.text(), body->message.text(), body->data.value_or(json::Object{})};
    Cause cause{origin_of(context), context.correlation_id.text()};
    auto stored = co_await repository_.create_once(body->user_id, std::move(draft), std::move(cause));
    co_return http::Ok<Notification>{std::move(stored), "notification stored"};
}

awaitable<http::Ok<BroadcastReply>> Api::broadcast(http::Context& context, http::Body<BroadcastBody> body) {
    Draft draft{NotificationType::broadcast, body->title.text(), body->message.text(), body->data.value_or(json::Object{})};
    // Without a key of the caller's this request is its own.
    Cause cause{origin_of(context).value_or("request:" + new_uuid()), context.correlation_id.text()};
    const auto recipients = co_await repository_.broadcast(body->role, std::move(draft), std::move(cause));
    co_return http::Ok<BroadcastReply>{{recipients}, "broadcast stored"};
}

awaitable<http::Ok<Statistics>> Api::read_stats(http::Context& context, http::Query<Whose> query) {
    auto statistics = co_await statistics_.of(context.caller.acting_for(query->user_id));
    co_return http::Ok<Statistics>{std::move(statistics)};
}

awaitable<http::Ok<Preferences>> Api::read_preferences(http::Context& context, http::Query<Whose> query) {
    auto preferences = co_await repository_.preferences(context.caller.acting_for(query->user_id));
    co_return http::Ok<Preferences>{std::move(preferences)};
}

awaitable<http::Ok<Preferences>> Api::change_preferences(http::Context& context, http::Query<Whose> query,
                                                         http::Body<PreferencesChange> body) {
    const auto user = context.caller.acting_for(query->user_id);
    auto preferences = co_await repository_.change_preferences(user, body.value);
    co_return http::Ok<Preferences>{std::move(preferences), "preferences stored"};
}

awaitable<> Api::live(http::Context& context, http::WebSocket socket) {
    socket.send(connection_frame(now()));
    const LiveSockets::Registration registration(sockets_, context.caller, socket);
    while (true) {
        const auto frame = co_await socket.receive();
        if (!frame) co_return;
        socket.send(answer_to(*frame, now()));
    }
}

}  // namespace darkroom::notifications
