#include "services/auth/second_factors_repository.hpp"

namespace darkroom::accounts {

namespace {

constexpr pg::Query find_factor{"totp_factors.find", R"sql(
    SELECT sealed_secret, confirmed_at IS NOT NULL AS confirmed, confirmed_at,
           (SELECT count(*) FROM auth.recovery_codes c WHERE c.account_id = f.account_id AND c.used_at IS NULL)
               AS unused_recovery_codes
    FROM auth.totp_factors f WHERE account_id = $1
)sql"};

constexpr pg::Query upsert_factor{"totp_factors.upsert", R"sql(
    INSERT INTO auth.totp_factors AS known (account_id, sealed_secret) VALUES ($1, $2)
    ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, last_step = 0, created_at = now()
    WHERE known.confirmed_at IS NULL
)sql"};

constexpr pg::Query delete_codes{"recovery_codes.delete", "DELETE FROM auth.recovery_codes WHERE account_id = $1"};

constexpr pg::Query insert_codes{"recovery_codes.insert", R"sql(
    INSERT INTO auth.recovery_codes (account_id, code_hash) SELECT $1, unnest($2::text[])
)sql"};

constexpr pg::Query confirm_factor{"totp_factors.confirm", R"sql(
    UPDATE auth.totp_factors SET confirmed_at = now() WHERE account_id = $1 AND confirmed_at IS NULL
)sql"};

constexpr pg::Query delete_factor{"totp_factors.delete", "DELETE FROM auth.totp_factors WHERE account_id = $1"};

// Of two uses of one code at once, one wins.
constexpr pg::Query use_step_statement{"totp_factors.use_step", R"sql(
    UPDATE auth.totp_factors SET last_step = $2 WHERE account_id = $1 AND last_step < $2
)sql"};

constexpr pg::Query use_code_statement{"recovery_codes.use", R"sql(
    UPDATE auth.recovery_codes SET used_at = now() WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL
)sql"};

}  // namespace

awaitable<std::optional<TotpFactor>> SecondFactorsRepository::find(UserId account) {
    co_return co_await pool_.maybe<TotpFactor>(find_factor, account);
}

awaitable<bool> SecondFactorsRepository::prepare(UserId account, std::string sealed_secret,
                                                 std::vector<TokenHash> recovery_codes) {
    auto transaction = co_await pool_.begin();
    const auto prepared = co_await transaction.execute(upsert_factor, account, sealed_secret);
    if (prepared == 0) co_return false;
    co_await transaction.execute(delete_codes, account);
    co_await transaction.execute(insert_codes, account, recovery_codes);
    co_await transaction.commit();
    co_return true;
}

awaitable<bool> SecondFactorsRepository::confirm(Audited audited) {
    auto transaction = co_await pool_.begin();
    const auto confirmed = co_await transaction.execute(confirm_factor, audited.account);
    if (confirmed == 0) co_return false;
    co_await append_audit<events::AuditMfaEnabled>(transaction, audited);
    co_await transaction.commit();
    co_return true;
}

awaitable<> SecondFactorsRepository::remove(Audited audited) {
    auto transaction = co_await pool_.begin();
    const auto removed = co_await transaction.execute(delete_factor, audited.account);
    if (removed == 0) co_return;
    co_await append_audit<events::AuditMfaDisabled>(transaction, audited);
    co_await transaction.commit();
}

awaitable<bool> SecondFactorsRepository::use_step(UserId account, std::int64_t step) {
    const auto used = co_await pool_.execute(use_step_statement, account, step);
    co_return used == 1;
}

awaitable<bool> SecondFactorsRepository::use_recovery_code(UserId account, TokenHash code) {
    const auto used = co_await pool_.execute(use_code_statement, account, code);
    co_return used == 1;
}

}  // namespace darkroom::accounts
