// Failed sign-ins in PostgreSQL, so that losing Redis gives nobody new guesses.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/account.hpp"
#include "services/auth/domain/lockout.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

/// Whose failures are counted together: an account's, or those of a name that belongs to nobody, which is treated alike.
std::string failure_subject(const std::optional<UserId>& account, std::string_view name);

class LoginFailuresRepository {
public:
    explicit LoginFailuresRepository(pg::Pool& pool) : pool_(pool) {}

    /// For how long nobody can sign in; nothing when they can.
    awaitable<std::optional<Seconds>> locked_for(std::string subject);
    /// `account` is told by audit events, and by mail once when the lock begins; none for a name that belongs to nobody.
    awaitable<> record(std::string subject, std::optional<Account> account, std::string reason, Device device,
                       std::string correlation_id);
    /// After a success. For how long it does not count, because enough failed meanwhile.
    awaitable<std::optional<Seconds>> clear(std::string subject);
    awaitable<> sweep();

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::accounts
