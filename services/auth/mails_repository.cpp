#include "services/auth/mails_repository.hpp"

namespace darkroom::accounts {

namespace {

constexpr pg::Query insert_mail{"pending_mails.insert", R"sql(
    INSERT INTO auth.pending_mails (id, recipient, user_id, template, content) VALUES ($1, $2, $3, $4, $5)
)sql"};

// LIMIT is a literal and the subquery materialized, as in every queue.
constexpr pg::Query take_mail{"pending_mails.take", R"sql(
    WITH due AS MATERIALIZED (
        SELECT id FROM auth.pending_mails WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE auth.pending_mails AS mail SET next_attempt_at = now() + $1::interval, attempts = attempts + 1
    FROM due WHERE mail.id = due.id
    RETURNING mail.id, mail.recipient, mail.user_id, mail.template AS template_name, mail.content, mail.attempts
)sql"};

constexpr pg::Query put_back_mail{"pending_mails.put_back", R"sql(
    UPDATE auth.pending_mails SET next_attempt_at = now() + $2::interval WHERE id = $1
)sql"};

constexpr pg::Query delete_mail{"pending_mails.delete", "DELETE FROM auth.pending_mails WHERE id = $1"};

constexpr pg::Query sweep_mails{"pending_mails.sweep", R"sql(
    DELETE FROM auth.pending_mails WHERE created_at < now() - interval '1 day'
)sql"};

}  // namespace

awaitable<> append_mail(pg::Transaction& transaction, const Account& account, std::string template_name, json::Object content) {
    content["username"] = account.username.text();
    co_await transaction.execute(insert_mail, new_uuid(), account.email, account.id, template_name, content);
}

awaitable<std::optional<PendingMail>> MailsRepository::take(Milliseconds lease) {
    co_return co_await pool_.maybe<PendingMail>(take_mail, lease);
}

awaitable<> MailsRepository::put_back(std::string id, Milliseconds pause) {
    co_await pool_.execute(put_back_mail, id, pause);
}

awaitable<> MailsRepository::remove(std::string id) {
    co_await pool_.execute(delete_mail, id);
}

awaitable<std::int64_t> MailsRepository::sweep() {
    co_return co_await pool_.execute(sweep_mails);
}

}  // namespace darkroom::accounts
