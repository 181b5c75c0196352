#include "services/notifications/notifications_repository.hpp"

#include "events/notification_read.hpp"
#include "events/notification_sent.hpp"
#include "platform/bus/dead_letters.hpp"
#include "platform/bus/outbox.hpp"
#include "services/notifications/domain/errors.hpp"

#include <algorithm>
#include <tuple>

namespace darkroom::notifications {

namespace {

constexpr std::string_view source = "notification-service";
constexpr std::string_view in_app = "in_app";
/// Read-all goes on in steps, so that a long list neither locks much nor outlives a request's deadline in one statement.
constexpr std::int64_t read_all_step = 500;

// One statement for both channels. A user who wants it by mail alone gets a mail and no row; what comes back then is the
// notification as it would have been stored.
constexpr pg::Query insert_notification{"notifications.insert", R"sql(
    WITH told AS (
        INSERT INTO notifications.notifications (id, user_id, type, title, message, data, origin, correlation_id)
        SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::json, $7::text, $8::text
        WHERE NOT EXISTS (SELECT FROM notifications.preferences WHERE user_id = $2 AND type = $3 AND NOT in_app)
          AND NOT EXISTS (SELECT FROM notifications.removed_users WHERE user_id = $2)
        ON CONFLICT ON CONSTRAINT notifications_once_per_origin DO NOTHING
        RETURNING id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    ), mailed AS (
        INSERT INTO notifications.mails
            (id, notification_id, user_id, template, content, origin, correlation_id, urgency)
        SELECT $9::text, $1, $2, $3, json_build_object('title', $4::text, 'message', $5::text, 'data', $6::json), $7, $8, CASE WHEN $3 = 'broadcast' THEN 2 ELSE 1 END
        WHERE coalesce((SELECT email FROM notifications.preferences WHERE user_id = $2 AND type = $3), $10::boolean)
          AND NOT EXISTS (SELECT FROM notifications.removed_users WHERE user_id = $2)
        ON CONFLICT ON CONSTRAINT mails_once_per_origin DO NOTHING
        RETURNING created_at
    )
    SELECT * FROM told
    UNION ALL
    SELECT $1, $2, $3, $4, $5, $6, 'pending', created_at, NULL, NULL FROM mailed WHERE NOT EXISTS (SELECT FROM told)
)sql"};

// Page by page, by id.
constexpr pg::Query list_recipients{"recipients.page", R"sql(
    SELECT user_id FROM notifications.recipients
    WHERE status = 'active' AND ($1::text IS NULL OR role = $1) AND user_id > $2 ORDER BY user_id LIMIT 500
)sql"};

constexpr pg::Query find_by_origin{"notifications.find_by_origin", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications WHERE origin = $1 AND type = $2 AND user_id = $3
    UNION ALL
    SELECT notification_id, user_id, template, $4::text, $5::text, $6::json, 'pending', created_at, NULL, NULL
    FROM notifications.mails AS mail WHERE origin = $1 AND template = $2 AND user_id = $3 AND NOT EXISTS (
        SELECT FROM notifications.notifications WHERE origin = $1 AND type = $2 AND user_id = $3)
)sql"};

constexpr pg::Query list_newest{"notifications.list", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications
    WHERE user_id = $1 AND ($2::text IS NULL OR type = $2) AND (NOT $3::boolean OR read_at IS NULL)
    ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5
)sql"};

constexpr pg::Query list_oldest{"notifications.list_oldest", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications
    WHERE user_id = $1 AND ($2::text IS NULL OR type = $2) AND (NOT $3::boolean OR read_at IS NULL)
    ORDER BY created_at, id LIMIT $4 OFFSET $5
)sql"};

constexpr pg::Query count_list{"notifications.count_list", R"sql(
    SELECT count(*) FROM notifications.notifications
    WHERE user_id = $1 AND ($2::text IS NULL OR type = $2) AND (NOT $3::boolean OR read_at IS NULL)
)sql"};

constexpr pg::Query find_one{"notifications.find", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications WHERE id = $1 AND user_id = $2
)sql"};

constexpr pg::Query mark_one_read{"notifications.mark_read", R"sql(
    UPDATE notifications.notifications SET status = 'read', read_at = now(), announced = true
    WHERE id = $1 AND user_id = $2 AND read_at IS NULL
    RETURNING id, user_id, type, title, message, data, status, created_at, sent_at, read_at
)sql"};

constexpr pg::Query mark_some_read{"notifications.mark_some_read", R"sql(
    UPDATE notifications.notifications SET status = 'read', read_at = now(), announced = true
    WHERE id IN (SELECT id FROM notifications.notifications WHERE user_id = $1 AND read_at IS NULL
                 ORDER BY id LIMIT $2 FOR UPDATE)
    RETURNING id, user_id, type, title, message, data, status, created_at, sent_at, read_at
)sql"};

constexpr pg::Query delete_one{"notifications.delete", R"sql(
    DELETE FROM notifications.notifications WHERE id = $1 AND user_id = $2
)sql"};

constexpr pg::Query list_preferences{"preferences.list", R"sql(
    SELECT type, in_app, email FROM notifications.preferences WHERE user_id = $1
)sql"};

constexpr pg::Query lock_preferences{"preferences.lock", R"sql(
    SELECT pg_advisory_xact_lock(hashtextextended('preferences:' || $1, 0)) IS NULL
)sql"};

constexpr pg::Query store_preference{"preferences.store", R"sql(
    INSERT INTO notifications.preferences (user_id, type, in_app, email) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id, type) DO UPDATE SET in_app = excluded.in_app, email = excluded.email, updated_at = now()
)sql"};

constexpr pg::Query delete_notifications{"notifications.delete_all", R"sql(
    DELETE FROM notifications.notifications WHERE user_id = $1
)sql"};

constexpr pg::Query delete_preferences{"preferences.delete", R"sql(
    DELETE FROM notifications.preferences WHERE user_id = $1
)sql"};

constexpr pg::Query delete_mails{"mails.delete_all", "DELETE FROM notifications.mails WHERE user_id = $1"};

constexpr pg::Query remember_removed{"removed_users.insert", R"sql(
    INSERT INTO notifications.removed_users (user_id) VALUES ($1) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query claim_pending{"notifications.claim", R"sql(
    UPDATE notifications.notifications SET status = 'sent', sent_at = now()
    WHERE id IN (SELECT id FROM notifications.notifications WHERE NOT announced AND status = 'pending'
                 ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING id, user_id, type, title, message, data, status, created_at, sent_at, read_at, correlation_id
)sql"};

// Five seconds: far longer than a push takes, so that no push in progress is repeated.
constexpr pg::Query list_cut_off{"notifications.cut_off", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications
    WHERE NOT announced AND status = 'sent' AND sent_at < now() - interval '5 seconds'
    ORDER BY created_at, id LIMIT $1
)sql"};

constexpr pg::Query set_announced{"notifications.announced", R"sql(
    UPDATE notifications.notifications SET announced = true WHERE id = ANY ($1::text[])
)sql"};

constexpr pg::Query list_sent_since{"notifications.sent_since", R"sql(
    SELECT id, user_id, type, title, message, data, status, created_at, sent_at, read_at
    FROM notifications.notifications
    WHERE user_id = ANY ($1::text[]) AND sent_at > $2 ORDER BY sent_at, id LIMIT $3
)sql"};

/// A claimed notification with what its event goes back to.
struct Claimed : Notification {
    std::string correlation_id;
};
BOOST_DESCRIBE_STRUCT(Claimed, (Notification), (correlation_id))

template <class Event>
Event event_of(const Notification& notification) {
    Event event;
    static_cast<events::NotificationFacts&>(event) = {notification.id.text(), std::string(json::enum_text(notification.type)),
                                                      std::string(in_app)};
    return event;
}

bus::EventContext context_of(const Notification& notification, std::string correlation_id) {
    return {std::string(source), std::move(correlation_id), notification.user_id.text()};
}

}  // namespace

awaitable<std::optional<Notification>> NotificationsRepository::create(pg::Transaction& transaction, UserId user, Draft draft,
                                                                       Cause cause) {
    const auto id = NotificationId::create();
    co_return co_await transaction.maybe<Notification>(insert_notification, id, user, draft.type, draft.title, draft.message,
                                                       draft.data, cause.origin, cause.correlation_id, new_uuid(),
                                                       default_channels(draft.type).email);
}

awaitable<Notification> NotificationsRepository::create_once(UserId user, Draft draft, Cause cause) {
    auto transaction = co_await pool_.begin();
    auto created = co_await create(transaction, user, draft, cause);
    if (!created && cause.origin) {
        created = co_await transaction.maybe<Notification>(find_by_origin, *cause.origin, draft.type, user, draft.title,
                                                           draft.message, draft.data);
    }
    if (!created) fail(notification_muted());
    co_await transaction.commit();
    co_return std::move(*created);
}

awaitable<std::int64_t> NotificationsRepository::broadcast(std::optional<auth::Role> role, Draft draft, Cause cause) {
    auto transaction = co_await pool_.begin();
    std::int64_t told = 0;
    std::string last;
    while (true) {
        const auto users = co_await transaction.all<UserId>(list_recipients, role, last);
        if (users.empty()) break;
        for (const auto& user : users) {
            const auto created = co_await create(transaction, user, draft, cause);
            if (created) ++told;
        }
        last = users.back().text();
    }
    co_await transaction.commit();
    co_return told;
}

awaitable<NotificationPage> NotificationsRepository::list(UserId user, Filter filter, http::PageRequest page) {
    NotificationPage result;
    result.total = co_await pool_.one<std::int64_t>(count_list, user, filter.type, filter.unread_only);
    const auto& query = filter.oldest_first ? list_oldest : list_newest;
    result.notifications =
        co_await pool_.all<Notification>(query, user, filter.type, filter.unread_only, page.size, page.offset());
    co_return result;
}

awaitable<Notification> NotificationsRepository::find(UserId user, NotificationId id) {
    auto found = co_await pool_.maybe<Notification>(find_one, id, user);
    if (!found) fail(notification_not_found());
    co_return std::move(*found);
}

awaitable<Notification> NotificationsRepository::mark_read(UserId user, NotificationId id, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    auto changed = co_await transaction.maybe<Notification>(mark_one_read, id, user);
    if (!changed) {
        // Read before, which is what was asked for; or not there.
        auto found = co_await transaction.maybe<Notification>(find_one, id, user);
        if (!found) fail(notification_not_found());
        co_return std::move(*found);
    }
    const auto event = event_of<events::NotificationRead>(*changed);
    const auto context = context_of(*changed, std::move(correlation_id));
    co_await bus::outbox::append(transaction, event, context);
    co_await transaction.commit();
    co_return std::move(*changed);
}

awaitable<std::int64_t> NotificationsRepository::mark_all_read(UserId user, std::string correlation_id) {
    std::int64_t marked = 0;
    while (true) {
        auto transaction = co_await pool_.begin();
        const auto step = co_await transaction.all<Notification>(mark_some_read, user, read_all_step);
        for (const auto& notification : step) {
            const auto event = event_of<events::NotificationRead>(notification);
            const auto context = context_of(notification, correlation_id);
            co_await bus::outbox::append(transaction, event, context);
        }
        co_await transaction.commit();
        marked += static_cast<std::int64_t>(step.size());
        if (static_cast<std::int64_t>(step.size()) < read_all_step) co_return marked;
    }
}

awaitable<> NotificationsRepository::remove(UserId user, NotificationId id) {
    const auto removed = co_await pool_.execute(delete_one, id, user);
    if (removed == 0) fail(notification_not_found());
}

awaitable<Preferences> NotificationsRepository::preferences(UserId user) {
    const auto stored = co_await pool_.all<StoredPreference>(list_preferences, user);
    co_return complete(stored);
}

awaitable<Preferences> NotificationsRepository::change_preferences(UserId user, PreferencesChange change) {
    auto transaction = co_await pool_.begin();
    // Two changes at once would each keep what the other has not yet written.
    co_await transaction.one<bool>(lock_preferences, user);
    const auto before = co_await transaction.all<StoredPreference>(list_preferences, user);
    const auto rows = rows_after(change, complete(before)).value();
    for (const auto& row : rows) {
        co_await transaction.execute(store_preference, user, row.type, row.in_app, row.email);
    }
    const auto after = co_await transaction.all<StoredPreference>(list_preferences, user);
    co_await transaction.commit();
    co_return complete(after);
}

awaitable<> NotificationsRepository::forget(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(remember_removed, user);
    co_await transaction.execute(delete_notifications, user);
    co_await transaction.execute(delete_preferences, user);
    co_await transaction.execute(delete_mails, user);
    co_await bus::dead_letters::forget(transaction, user);
}

awaitable<std::vector<Notification>> NotificationsRepository::claim(std::int64_t limit) {
    auto transaction = co_await pool_.begin();
    auto claimed = co_await transaction.all<Claimed>(claim_pending, limit);
    if (claimed.empty()) co_return std::vector<Notification>{};
    std::ranges::sort(claimed, {}, [](const Claimed& one) { return std::tie(one.created_at, one.id); });
    std::vector<Notification> sent;
    for (auto& one : claimed) {
        const auto event = event_of<events::NotificationSent>(one);
        const auto context = context_of(one, one.correlation_id);
        co_await bus::outbox::append(transaction, event, context);
        sent.push_back(std::move(one));
    }
    co_await transaction.commit();
    co_return sent;
}

awaitable<std::vector<Notification>> NotificationsRepository::cut_off(std::int64_t limit) {
    co_return co_await pool_.all<Notification>(list_cut_off, limit);
}

awaitable<> NotificationsRepository::mark_announced(std::vector<NotificationId> ids) {
    co_await pool_.execute(set_announced, ids);
}

awaitable<std::vector<Notification>> NotificationsRepository::sent_since(std::vector<UserId> users, Timestamp since,
                                                                         std::int64_t limit) {
    co_return co_await pool_.all<Notification>(list_sent_since, users, since, limit);
}

}  // namespace darkroom::notifications
