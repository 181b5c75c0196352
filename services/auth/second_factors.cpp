#include "services/auth/second_factors.hpp"

#include "platform/core/log.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/domain/totp.hpp"

namespace darkroom::accounts {

namespace {

TokenHash hash_of(std::string_view recovery_code) {
    return OpaqueToken::from(normal_recovery_code(recovery_code)).hash();
}

}  // namespace

awaitable<TotpSetup> SecondFactors::set_up(Account account) {
    if (!box_) fail(mfa_unavailable());
    const auto secret = new_totp_secret();
    TotpSetup setup{base32_encode(secret.reveal()), totp_uri(secret.reveal(), account.email.text()), new_recovery_codes()};
    std::vector<TokenHash> hashes;
    for (const auto& code : setup.recovery_codes) hashes.push_back(hash_of(code));
    auto sealed = box_->seal(secret.reveal(), account.id.text());
    const bool prepared = co_await repository_.prepare(account.id, std::move(sealed), std::move(hashes));
    if (!prepared) fail(mfa_enabled());
    co_return setup;
}

std::optional<std::int64_t> SecondFactors::step_of(const UserId& account, const TotpFactor& factor,
                                                   std::string_view otp) const {
    const auto secret = box_ ? box_->open(factor.sealed_secret, account.text()) : std::nullopt;
    if (!secret) {
        log::error("an authenticator secret cannot be read: is AUTH_ENCRYPTION_KEY_FILE the key it was made with?",
                   {{"user_id", account.text()}});
        return std::nullopt;
    }
    return matching_step(secret->reveal(), otp, clock_.now());
}

awaitable<bool> SecondFactors::confirm(Audited audited, std::string otp) {
    const auto factor = co_await repository_.find(audited.account);
    if (!factor || factor->confirmed || !step_of(audited.account, *factor, otp)) co_return false;
    co_return co_await repository_.confirm(std::move(audited));
}

awaitable<bool> SecondFactors::use(UserId account, const TotpFactor& factor, std::string otp) {
    constexpr std::size_t app_digits = 6;
    if (otp.size() != app_digits) co_return co_await repository_.use_recovery_code(std::move(account), hash_of(otp));
    const auto step = step_of(account, factor, otp);
    if (!step) co_return false;
    co_return co_await repository_.use_step(std::move(account), *step);
}

}  // namespace darkroom::accounts
