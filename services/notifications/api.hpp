// /notifications and WS /ws/notifications.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/notifications/live_sockets.hpp"
#include "services/notifications/notifications_repository.hpp"
#include "services/notifications/statistics_repository.hpp"

namespace darkroom::notifications {

struct ById {
    NotificationId id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

/// Whose notifications: the caller's unless named.
struct Whose {
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(Whose, (), (user_id))

struct ListQuery {
    std::optional<bool> unread_only;
    std::optional<TypeFilter> notification_type;
    std::optional<SortOrder> sort;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(ListQuery, (), (unread_only, notification_type, sort, page, size, user_id))

struct SendBody {
    UserId user_id;
    NotificationType type{};
    Title title;
    Message message;
    std::optional<json::Object> data;
};
BOOST_DESCRIBE_STRUCT(SendBody, (), (user_id, type, title, message, data))

/// To every active account, or to those of one role.
struct BroadcastBody {
    Title title{};
    Message message{};
    std::optional<json::Object> data;
    std::optional<auth::Role> role;
};
BOOST_DESCRIBE_STRUCT(BroadcastBody, (), (title, message, data, role))

struct BroadcastReply {
    /// Who is told on at least one channel.
    std::int64_t recipients = 0;
};
BOOST_DESCRIBE_STRUCT(BroadcastReply, (), (recipients))

struct NotificationList {
    std::vector<Notification> notifications;
    http::Pagination pagination;
};
BOOST_DESCRIBE_STRUCT(NotificationList, (), (notifications, pagination))

struct Updated {
    std::int64_t updated = 0;
};
BOOST_DESCRIBE_STRUCT(Updated, (), (updated))

class Api {
public:
    Api(NotificationsRepository& repository, StatisticsRepository& statistics, LiveSockets& sockets)
        : repository_(repository), statistics_(statistics), sockets_(sockets) {}

    static const http::Endpoints<Api>& endpoints();

    awaitable<http::Ok<NotificationList>> list(http::Context& context, http::Query<ListQuery> query);
    awaitable<http::Ok<Notification>> read_one(http::Context& context, http::Path<ById> path, http::Query<Whose> query);
    awaitable<http::Ok<Notification>> mark_read(http::Context& context, http::Path<ById> path, http::Query<Whose> query);
    awaitable<http::Ok<Updated>> mark_all_read(http::Context& context, http::Query<Whose> query);
    awaitable<http::Ok<>> remove(http::Context& context, http::Path<ById> path, http::Query<Whose> query);
    awaitable<http::Ok<BroadcastReply>> broadcast(http::Context& context, http::Body<BroadcastBody> body);
    awaitable<http::Ok<Notification>> send(http::Context& context, http::Body<SendBody> body);
    awaitable<http::Ok<Statistics>> read_stats(http::Context& context, http::Query<Whose> query);
    awaitable<http::Ok<Preferences>> read_preferences(http::Context& context, http::Query<Whose> query);
    awaitable<http::Ok<Preferences>> change_preferences(http::Context& context, http::Query<Whose> query,
                                                        http::Body<PreferencesChange> body);
    awaitable<> live(http::Context& context, http::WebSocket socket);

private:
    NotificationsRepository& repository_;
    StatisticsRepository& statistics_;
    LiveSockets& sockets_;
};

}  // namespace darkroom::notifications
