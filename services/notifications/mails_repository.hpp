// Every SQL statement about outgoing mail.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/notifications/domain/account_mail.hpp"

namespace darkroom::notifications {

/// A mail that this instance is sending, for the time of its lease and under its number of attempts.
struct TakenMail {
    std::string id;
    /// Of a mail that tells a notification.
    std::optional<NotificationId> notification_id;
    std::optional<UserId> user_id;
    std::string template_name;
    /// Absent while nothing is known of the user's account.
    std::optional<std::string> address;
    std::optional<std::string> username;
    json::Object content;
    std::string correlation_id;
    std::int64_t attempts = 0;
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(TakenMail, (),
                      (id, notification_id, user_id, template_name, address, username, content, correlation_id, attempts,
                       created_at))

enum class MailStatus { pending, sent, failed };
BOOST_DESCRIBE_ENUM(MailStatus, pending, sent, failed)

class MailsRepository {
public:
    explicit MailsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Durable once it returns. The same id again changes nothing. How far it has come.
    awaitable<MailStatus> accept(AccountMail mail, std::string correlation_id);

    /// The most urgent one that is due; for `lease` nobody else takes it.
    awaitable<std::optional<TakenMail>> take(Milliseconds lease);
    /// These three do nothing when somebody else has taken the mail meanwhile. `settle_sent` and `give_up` erase the content
    /// and, for a notification, append notification.sent and notification.failed.
    awaitable<> settle_sent(const TakenMail& mail);
    awaitable<> give_up(const TakenMail& mail, std::string problem);
    awaitable<> postpone(TakenMail mail, Milliseconds pause, std::string problem);

    /// What waits because the server was away is tried now.
    awaitable<std::int64_t> hurry();
    /// Forgets account mails that were settled long ago.
    awaitable<> prune();
    awaitable<std::int64_t> count_waiting();

private:
    awaitable<> settle(TakenMail mail, MailStatus status, std::string problem);

    pg::Pool& pool_;
};

}  // namespace darkroom::notifications
