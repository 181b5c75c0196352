// Every SQL statement about accounts, as far as this service knows them.
#pragma once

#include "platform/pg/pool.hpp"

namespace darkroom::notifications {

struct Recipient {
    UserId user_id;
    std::string email;
    std::string username;
    std::string role;
    std::string status;
    std::int64_t version = 0;
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(Recipient, (), (user_id, email, username, role, status, version, created_at))

class RecipientsRepository {
public:
    explicit RecipientsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Kept when it is newer than what is known; an account that is gone stays gone. In the caller's transaction.
    awaitable<> remember(pg::Transaction& transaction, Recipient recipient);
    awaitable<> forget(pg::Transaction& transaction, UserId user);

    /// Up to where the log has been read for accounts older than this table; nullopt once that is over.
    awaitable<std::optional<std::int64_t>> backfill_position();
    awaitable<> set_backfill_position(pg::Transaction& transaction, std::int64_t position, bool finished);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::notifications
