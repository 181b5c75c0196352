// Accounts that are deleted and not yet purged. Nothing else in this service can see them
// (migrations/0004_delete_accounts.sql).
#pragma once

#include "services/auth/accounts_repository.hpp"

namespace darkroom::accounts {

struct DeletableAccount : Account {
    std::optional<Timestamp> deleted_at{};
};
BOOST_DESCRIBE_STRUCT(DeletableAccount, (Account), (deleted_at))

/// `revoked` are sessions that this has ended: publish them.
struct DeletionOutcome {
    DeletableAccount account;
    std::vector<SessionId> revoked{};
};

class DeletionsRepository {
public:
    explicit DeletionsRepository(pg::Pool& pool) : pool_(pool) {}

    /// Hides the account, ends its sessions, and tells by user.updated. 404; 409 last_admin. One that is deleted already stays
    /// as it is.
    awaitable<DeletionOutcome> remove(UserId id, std::string correlation_id);
    /// Active again, with user.updated; nullopt when there is no deleted account of that id.
    awaitable<std::optional<Account>> restore(UserId id, std::string correlation_id);
    /// Forgets one account that was deleted `grace` ago or earlier: its rows, and user.deleted for everybody else. False when
    /// there is none. Instances take different accounts.
    awaitable<bool> purge_one(Milliseconds grace, std::string correlation_id);
    /// False for a role that row security does not bind (a superuser): it sees deleted accounts, and so does this service.
    awaitable<bool> is_hiding();
    /// Sessions that no token can name any more.
    awaitable<> forget_ended_sessions();

private:
    awaitable<pg::Transaction> begin();

    pg::Pool& pool_;
};

}  // namespace darkroom::accounts
