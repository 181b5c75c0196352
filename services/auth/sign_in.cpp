#include "services/auth/sign_in.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

awaitable<Result<Credentials>> SignIn::prove(SignInAttempt attempt) {
    const auto barred = co_await addresses_.barred_for(attempt.device.address);
    if (barred) co_return too_many_attempts(*barred);
    auto credentials = co_await accounts_.find_credentials(attempt.email_or_username);
    std::optional<UserId> id;
    std::optional<std::string> hash;
    std::optional<Account> account;
    if (credentials) {
        id = credentials->id;
        hash = credentials->password_hash;
        account = *credentials;
    }
    const auto subject = failure_subject(id, attempt.email_or_username);
    const auto locked = co_await failures_.locked_for(subject);
    if (locked) co_return account_locked(*locked);
    const bool right = co_await hasher_.verify(attempt.password, hash);
    std::optional<Error> refusal;
    std::string reason = "wrong_password";
    if (!right) {
        refusal = invalid_credentials();
    } else if (const auto allowed = check_may_sign_in(credentials->status); !allowed) {
        co_return allowed.error();
    } else {
        const auto checked = co_await check_second_factor(*credentials, attempt.otp);
        if (!checked) refusal = checked.error();
        reason = "wrong_otp";
    }
    // An app that has not asked for the code yet has guessed nothing.
    if (refusal && refusal->code == otp_required().code) co_return *refusal;
    if (refusal) {
        co_await failures_.record(subject, std::move(account), std::move(reason), attempt.device, attempt.correlation_id);
        co_await addresses_.count(attempt.device.address);
        co_return *refusal;
    }
    // Guesses that came at the same time have run past the check above; here they meet what the others have failed at.
    const auto locked_meanwhile = co_await failures_.clear(subject);
    if (locked_meanwhile) co_return account_locked(*locked_meanwhile);
    co_await strengthen(*credentials, attempt.password);
    co_return std::move(*credentials);
}

awaitable<Result<void>> SignIn::check_second_factor(const Credentials& account, std::optional<std::string> otp) {
    const auto factor = co_await factors_.find(account.id);
    if (!factor || !factor->confirmed) co_return Result<void>{};
    if (!otp || otp->empty()) co_return otp_required();
    const bool good = co_await factors_.use(account.id, *factor, std::move(*otp));
    if (!good) co_return otp_invalid();
    co_return Result<void>{};
}

awaitable<> SignIn::strengthen(Credentials& credentials, const Secret& password) {
    // The only moment at which the password itself is known.
    if (!hasher_.is_outdated(credentials.password_hash)) co_return;
    auto stronger = co_await hasher_.hash(Password::known(password.reveal()));
    const bool replaced = co_await accounts_.strengthen_hash(credentials.id, credentials.password_hash, stronger);
    if (replaced) credentials.password_hash = std::move(stronger);
}

awaitable<Result<SignedIn>> SignIn::with_password(SignInAttempt attempt) {
    auto device = attempt.device;
    auto correlation_id = attempt.correlation_id;
    const auto proven = co_await prove(std::move(attempt));
    if (!proven) co_return proven.error();
    auto signed_in = co_await sessions_.start(proven->id, proven->password_hash, std::move(device), std::move(correlation_id));
    // Suspended, or its password changed, while we were hashing.
    if (!signed_in) co_return invalid_credentials();
    co_return std::move(*signed_in);
}

}  // namespace darkroom::accounts
