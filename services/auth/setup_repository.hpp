// How the first admin comes to be: one-time links, and the operator's own commands.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/accounts_repository.hpp"

namespace darkroom::accounts {

struct SetupLink {
    OpaqueToken token;
    Timestamp expires_at;
};

class SetupRepository {
public:
    explicit SetupRepository(pg::Pool& pool) : pool_(pool) {}

    awaitable<bool> admin_exists();
    awaitable<SetupLink> create_link(Seconds life);
    awaitable<bool> is_good_link(OpaqueToken token);
    /// `wished`, or with a number behind it while that is taken.
    awaitable<Username> free_username(Username wished);
    awaitable<bool> is_email_taken(Email email);
    /// The account becomes an admin and every link dies, or nothing happens: 403 setup_link_invalid, 409 as for any account.
    awaitable<Account> create_admin_by_link(OpaqueToken token, NewAccount input, std::string correlation_id);
    /// Makes the account, or makes the one with this e-mail an active admin; its password stays then.
    awaitable<Account> ensure_admin(NewAccount input, std::string correlation_id);
    /// Makes the account under its id, or gives the existing one the password of `input`.
    awaitable<Account> ensure_demo_account(NewAccount input, std::string correlation_id);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::accounts
