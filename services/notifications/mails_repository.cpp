#include "services/notifications/mails_repository.hpp"

#include "events/notification_failed.hpp"
#include "events/notification_sent.hpp"
#include "platform/bus/outbox.hpp"

namespace darkroom::notifications {

namespace {

constexpr pg::Query insert_account_mail{"mails.insert", R"sql(
    INSERT INTO notifications.mails (id, user_id, template, recipient, content, correlation_id, urgency)
    VALUES ($1, $2, $3, $4, $5, $6, 0)
    ON CONFLICT (id) DO NOTHING
)sql"};

constexpr pg::Query find_status{"mails.status", "SELECT status FROM notifications.mails WHERE id = $1"};

// LIMIT is a literal and the subquery materialized for the reasons given at jobs.take of image-service.
constexpr pg::Query take_mail{"mails.take", R"sql(
    WITH next AS MATERIALIZED (
        SELECT id FROM notifications.mails WHERE status = 'pending' AND available_at <= now()
        ORDER BY urgency, available_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE notifications.mails AS mail
        SET attempts = attempts + 1, available_at = now() + $1::interval, sending = true
        FROM next WHERE mail.id = next.id
        RETURNING mail.*
    )
    SELECT taken.id, taken.notification_id, taken.user_id, taken.template AS template_name,
           coalesce(taken.recipient, account.email) AS address, account.username, taken.content, taken.correlation_id,
           taken.attempts, taken.created_at
    FROM taken LEFT JOIN notifications.recipients AS account ON account.user_id = taken.user_id
)sql"};

constexpr pg::Query settle_mail{"mails.settle", R"sql(
    UPDATE notifications.mails SET status = $3, problem = $4, content = NULL, settled_at = now()
    WHERE id = $1 AND attempts = $2 AND status = 'pending'
)sql"};

constexpr pg::Query postpone_mail{"mails.postpone", R"sql(
    UPDATE notifications.mails SET available_at = now() + $3::interval, problem = $4, sending = false
    WHERE id = $1 AND attempts = $2 AND status = 'pending'
)sql"};

constexpr pg::Query hurry_mails{"mails.hurry", R"sql(
    UPDATE notifications.mails SET available_at = now()
    WHERE status = 'pending' AND NOT sending AND available_at > now()
)sql"};

constexpr pg::Query prune_mails{"mails.prune", R"sql(
    DELETE FROM notifications.mails WHERE notification_id IS NULL AND settled_at < now() - interval '30 days'
)sql"};

constexpr pg::Query count_pending{"mails.count_waiting", R"sql(
    SELECT count(*) FROM notifications.mails WHERE status = 'pending'
)sql"};

template <class Event>
awaitable<> append_event(pg::Transaction& transaction, TakenMail mail) {
    Event event;
    static_cast<events::NotificationFacts&>(event) = {mail.notification_id->text(), mail.template_name, "email"};
    bus::EventContext context{"notification-service", mail.correlation_id, mail.user_id->text()};
    co_await bus::outbox::append(transaction, event, std::move(context));
}

}  // namespace

awaitable<MailStatus> MailsRepository::accept(AccountMail mail, std::string correlation_id) {
    co_await pool_.execute(insert_account_mail, mail.id, mail.user_id, mail.kind, mail.to, mail.values, correlation_id);
    co_return co_await pool_.one<MailStatus>(find_status, mail.id);
}

awaitable<std::optional<TakenMail>> MailsRepository::take(Milliseconds lease) {
    return pool_.maybe<TakenMail>(take_mail, lease);
}

awaitable<> MailsRepository::settle_sent(const TakenMail& mail) {
    return settle(mail, MailStatus::sent, {});
}

awaitable<> MailsRepository::give_up(const TakenMail& mail, std::string problem) {
    return settle(mail, MailStatus::failed, std::move(problem));
}

awaitable<> MailsRepository::settle(TakenMail mail, MailStatus status, std::string problem) {
    std::optional<std::string> noted;
    if (!problem.empty()) noted = std::move(problem);
    auto transaction = co_await pool_.begin();
    const auto settled = co_await transaction.execute(settle_mail, mail.id, mail.attempts, status, noted);
    if (settled == 0) co_return;
    if (mail.notification_id && status == MailStatus::sent) {
        co_await append_event<events::NotificationSent>(transaction, std::move(mail));
    } else if (mail.notification_id) {
        co_await append_event<events::NotificationFailed>(transaction, std::move(mail));
    }
    co_await transaction.commit();
}

awaitable<> MailsRepository::postpone(TakenMail mail, Milliseconds pause, std::string problem) {
    co_await pool_.execute(postpone_mail, mail.id, mail.attempts, pause, problem);
}

awaitable<std::int64_t> MailsRepository::hurry() {
    return pool_.execute(hurry_mails);
}

awaitable<> MailsRepository::prune() {
    co_await pool_.execute(prune_mails);
}

awaitable<std::int64_t> MailsRepository::count_waiting() {
    return pool_.one<std::int64_t>(count_pending);
}

}  // namespace darkroom::notifications
