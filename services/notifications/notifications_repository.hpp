// Every SQL statement about notifications and preferences.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/http/paging.hpp"
#include "platform/pg/pool.hpp"
#include "services/notifications/domain/notification.hpp"
#include "services/notifications/domain/preferences.hpp"
#include "services/notifications/domain/text.hpp"

namespace darkroom::notifications {

struct Filter {
    bool unread_only = false;
    std::optional<std::string> type;
    bool oldest_first = false;
};

struct NotificationPage {
    std::vector<Notification> notifications;
    std::int64_t total = 0;
};

/// Whose notification, and what it goes back to.
struct Cause {
    /// 'event:<id>' or 'request:<caller>:<key>'; the same origin never tells the same user the same type twice.
    std::optional<std::string> origin;
    std::string correlation_id;
};

class NotificationsRepository {
public:
    explicit NotificationsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Stores `draft` for `user`, in the caller's transaction, on the channels that the user wants. nullopt when there is none,
    /// it was told before by this origin, or the account is gone.
    awaitable<std::optional<Notification>> create(pg::Transaction& transaction, UserId user, Draft draft, Cause cause);
    /// The same in a transaction of its own. Told before by this origin: the one stored then. Failure `notification_muted`.
    awaitable<Notification> create_once(UserId user, Draft draft, Cause cause);

    /// One for every active account (of that role), in one transaction. How many; the same origin tells nobody twice.
    awaitable<std::int64_t> broadcast(std::optional<auth::Role> role, Draft draft, Cause cause);

    awaitable<NotificationPage> list(UserId user, Filter filter, http::PageRequest page);
    /// Failure `notification_not_found` for these three, also when it is somebody else's.
    awaitable<Notification> find(UserId user, NotificationId id);
    awaitable<Notification> mark_read(UserId user, NotificationId id, std::string correlation_id);
    awaitable<> remove(UserId user, NotificationId id);
    /// How many were unread.
    awaitable<std::int64_t> mark_all_read(UserId user, std::string correlation_id);

    awaitable<Preferences> preferences(UserId user);
    awaitable<Preferences> change_preferences(UserId user, PreferencesChange change);

    /// Forgets a user for good, in the caller's transaction.
    awaitable<> forget(pg::Transaction& transaction, UserId user);

    /// Marks up to `limit` pending ones as sent and returns them, oldest first, to be pushed. No two instances claim the same
    /// one.
    awaitable<std::vector<Notification>> claim(std::int64_t limit);
    /// Sent a while ago, and whoever claimed them died before the push was out.
    awaitable<std::vector<Notification>> cut_off(std::int64_t limit);
    awaitable<> mark_announced(std::vector<NotificationId> ids);
    /// What was sent to any of `users` after `since`, oldest first.
    awaitable<std::vector<Notification>> sent_since(std::vector<UserId> users, Timestamp since, std::int64_t limit);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::notifications
