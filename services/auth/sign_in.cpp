#include "services/auth/sign_in.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

awaitable<Result<Credentials>> SignIn::prove(SignInAttempt attempt) {
    auto credentials = co_await accounts_.find_credentials(std::move(attempt.email_or_username));
    std::optional<std::string> hash;
    if (credentials) hash = credentials->password_hash;
    const bool right = co_await hasher_.verify(attempt.password, hash);
    if (!right) co_return invalid_credentials();
    const auto allowed = check_may_sign_in(credentials->status);
    if (!allowed) co_return allowed.error();
    // The only moment at which the password itself is known.
    const auto parsed = Password::parse(attempt.password.reveal());
    if (hasher_.is_outdated(*hash) && parsed) {
        auto stronger = co_await hasher_.hash(*parsed);
        const bool replaced = co_await accounts_.strengthen_hash(credentials->id, *hash, stronger);
        if (replaced) credentials->password_hash = std::move(stronger);
    }
    co_return std::move(*credentials);
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
