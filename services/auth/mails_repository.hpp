// Mails on their way to notification-service, in PostgreSQL.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/domain/account.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

struct PendingMail {
    /// The same at every attempt: notification-service sends it once.
    std::string id{};
    Email recipient{};
    std::optional<UserId> user_id{};
    std::string template_name{};
    json::Object content{};
    std::int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(PendingMail, (), (id, recipient, user_id, template_name, content, attempts))

class MailsRepository {
public:
    explicit MailsRepository(pg::Pool& pool) : pool_(pool) {}

    /// The oldest one that is due, which nobody else takes before `lease` is over.
    awaitable<std::optional<PendingMail>> take(Milliseconds lease);
    awaitable<> put_back(std::string id, Milliseconds pause);
    /// Delivered, or refused for good.
    awaitable<> remove(std::string id);
    /// Drops what nobody has taken within a day: no link in it is good any more, and no news are. How many those were.
    awaitable<std::int64_t> sweep();

private:
    pg::Pool& pool_;
};

/// `template_name` is one of services/notifications/domain/account_mail.hpp. The mail exists if the transaction commits.
awaitable<> append_mail(pg::Transaction& transaction, const Account& account, std::string template_name, json::Object content);

}  // namespace darkroom::accounts
