// Accounts in PostgreSQL. Every change and its event are one transaction.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/account.hpp"
#include "services/auth/domain/token_family.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

struct NewAccount {
    UserId id = UserId::create();
    Email email{};
    Username username{};
    FullName full_name{};
    Role role = Role::user;
    std::string password_hash{};
    Status status = Status::active;
};

/// What a sign-in is checked against. Never leaves this service.
struct Credentials : Account {
    std::string password_hash;
};
BOOST_DESCRIBE_STRUCT(Credentials, (Account), (password_hash))

/// `revoked` are sessions that the change has ended: publish them once this is returned.
struct ChangeOutcome {
    ChangedAccount changed;
    std::vector<SessionId> revoked{};
};

class AccountsRepository {
public:
    explicit AccountsRepository(pg::Pool& pool) : pool_(pool) {}

    /// 409 email_taken, username_taken.
    awaitable<Account> create(NewAccount input, std::string correlation_id);
    awaitable<std::optional<Account>> find(UserId id);
    /// By e-mail or username, without regard to case.
    awaitable<std::optional<Credentials>> find_credentials(std::string email_or_username);
    awaitable<std::optional<Credentials>> find_credentials_of(UserId id);
    /// The account, if it is active and the session, or the grant of an API key, is its own and has not been ended.
    awaitable<std::optional<Account>> find_by_session(UserId id, SessionId session);

    /// 404; 409 email_taken, username_taken, last_admin; 412 when the version is not `expected_version`.
    awaitable<ChangeOutcome> change(UserId id, AccountChange change, std::optional<std::int64_t> expected_version,
                                    std::string correlation_id);
    /// Ends every session but `keep`. Refused when the hash is not `old_hash` any more.
    awaitable<std::vector<SessionId>> change_password(SessionId keep, std::string old_hash, std::string new_hash,
                                                      Audited audited);
    /// The same password under a stronger hash: no event, no session ends. False when it was changed meanwhile.
    awaitable<bool> strengthen_hash(UserId id, std::string old_hash, std::string new_hash);

private:
    pg::Pool& pool_;
};

/// For the other repositories: inserts the account and its event; they commit.
awaitable<Account> insert_account(pg::Transaction& transaction, NewAccount input, std::string correlation_id);
/// Locks and changes the account, ends its sessions where the change demands it, and adds the event.
awaitable<ChangeOutcome> change_account(pg::Transaction& transaction, UserId id, AccountChange change,
                                        std::optional<std::int64_t> expected_version, std::string correlation_id);
/// The refusals behind the constraints of migrations/0001.
pg::ConstraintErrors account_constraints();

}  // namespace darkroom::accounts
