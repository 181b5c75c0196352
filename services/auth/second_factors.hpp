// The second factor of an account: TOTP, and recovery codes for a lost phone.
#pragma once

#include "services/auth/domain/account.hpp"
#include "services/auth/second_factors_repository.hpp"
#include "services/auth/secret_box.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

/// Shown once.
struct TotpSetup {
    /// base32
    std::string secret;
    std::string uri;
    std::vector<std::string> recovery_codes;
};
BOOST_DESCRIBE_STRUCT(TotpSetup, (), (secret, uri, recovery_codes))

class SecondFactors {
public:
    /// Without a key nothing can be set up, and codes of factors that are there cannot be checked (recovery codes can).
    SecondFactors(SecondFactorsRepository& repository, const Clock& clock, std::optional<SecretBox> box)
        : repository_(repository), clock_(clock), box_(std::move(box)) {}

    awaitable<std::optional<TotpFactor>> find(UserId account) { return repository_.find(std::move(account)); }
    /// 503 mfa_unavailable without a key; 409 mfa_enabled.
    awaitable<TotpSetup> set_up(Account account);
    /// The first code shows that the app has the secret. It is not used up: the next sign-in may come within its time.
    awaitable<bool> confirm(Audited audited, std::string otp);
    /// Whether the code, of the app or for recovery, is good for this confirmed factor; it is used up then.
    awaitable<bool> use(UserId account, const TotpFactor& factor, std::string otp);
    awaitable<> remove(Audited audited) { return repository_.remove(std::move(audited)); }

private:
    /// The step of a code of the app.
    std::optional<std::int64_t> step_of(const UserId& account, const TotpFactor& factor, std::string_view otp) const;

    SecondFactorsRepository& repository_;
    const Clock& clock_;
    std::optional<SecretBox> box_;
};

}  // namespace darkroom::accounts
