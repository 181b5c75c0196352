#include "services/auth/login_failures_repository.hpp"

#include "platform/core/encoding.hpp"
#include "platform/identity/text.hpp"
#include "services/auth/domain/mail_link.hpp"
#include "services/auth/mails_repository.hpp"

namespace darkroom::accounts {

namespace {

constexpr pg::Query find_lock{"login_failures.locked_for", R"sql(
    SELECT ceil(extract(epoch FROM locked_until - now()))::bigint FROM auth.login_failures
    WHERE subject = $1 AND locked_until > now()
)sql"};

constexpr pg::Query count_failure{"login_failures.count", R"sql(
    INSERT INTO auth.login_failures AS known (subject, failures, expires_at) VALUES ($1, 1, now() + $2::interval)
    ON CONFLICT (subject) DO UPDATE
    SET failures = CASE WHEN known.expires_at < now() THEN 1 ELSE known.failures + 1 END, expires_at = excluded.expires_at
    RETURNING failures
)sql"};

constexpr pg::Query set_lock{"login_failures.lock", R"sql(
    UPDATE auth.login_failures SET locked_until = now() + $2::interval WHERE subject = $1 RETURNING locked_until
)sql"};

constexpr pg::Query clear_failures{"login_failures.clear", R"sql(
    DELETE FROM auth.login_failures WHERE subject = $1 AND (locked_until IS NULL OR locked_until <= now())
)sql"};

constexpr pg::Query sweep_failures{"login_failures.sweep", "DELETE FROM auth.login_failures WHERE expires_at < now()"};

}  // namespace

std::string failure_subject(const std::optional<UserId>& account, std::string_view name) {
    return account ? account->text() : "name:" + sha256_hex(identity::to_lower(name));
}

awaitable<std::optional<Seconds>> LoginFailuresRepository::locked_for(std::string subject) {
    const auto seconds = co_await pool_.maybe<std::int64_t>(find_lock, subject);
    co_return seconds ? std::optional(Seconds{*seconds}) : std::nullopt;
}

awaitable<> LoginFailuresRepository::record(std::string subject, std::optional<Account> account, std::string reason,
                                            Device device, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const auto failures = co_await transaction.one<std::int64_t>(count_failure, subject, failures_life);
    std::optional<Timestamp> locked_until;
    if (const auto lock = lock_after(failures)) locked_until = co_await transaction.one<Timestamp>(set_lock, subject, *lock);
    if (account) {
        const Audited audited{account->id, device, std::move(correlation_id)};
        co_await append_audit<events::AuditLoginFailed>(transaction, audited, {.reason = std::move(reason)});
        if (locked_until) co_await append_audit<events::AuditAccountLocked>(transaction, audited);
        if (locked_until && failures == free_failures) {
            json::Object content{{"until", mail_time(*locked_until)}};
            if (!device.address.empty()) content["ip"] = device.address;
            co_await append_mail(transaction, *account, "account_locked", std::move(content));
        }
    }
    co_await transaction.commit();
}

awaitable<std::optional<Seconds>> LoginFailuresRepository::clear(std::string subject) {
    const auto cleared = co_await pool_.execute(clear_failures, subject);
    if (cleared > 0) co_return std::nullopt;
    co_return co_await locked_for(std::move(subject));
}

awaitable<> LoginFailuresRepository::sweep() {
    co_await pool_.execute(sweep_failures);
}

}  // namespace darkroom::accounts
