// Authenticator secrets (sealed) and recovery codes (hashed) in PostgreSQL.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/token_family.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

struct TotpFactor {
    std::string sealed_secret{};
    bool confirmed = false;
    std::optional<Timestamp> confirmed_at{};
    std::int64_t unused_recovery_codes = 0;
};
BOOST_DESCRIBE_STRUCT(TotpFactor, (), (sealed_secret, confirmed, confirmed_at, unused_recovery_codes))

class SecondFactorsRepository {
public:
    explicit SecondFactorsRepository(pg::Pool& pool) : pool_(pool) {}

    awaitable<std::optional<TotpFactor>> find(UserId account);
    /// Replaces one that was never confirmed. False when there is a confirmed one.
    awaitable<bool> prepare(UserId account, std::string sealed_secret, std::vector<TokenHash> recovery_codes);
    /// False when there is nothing to confirm.
    awaitable<bool> confirm(Audited audited);
    awaitable<> remove(Audited audited);

    /// False when this code, or a later one, was used before.
    awaitable<bool> use_step(UserId account, std::int64_t step);
    awaitable<bool> use_recovery_code(UserId account, TokenHash code);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::accounts
