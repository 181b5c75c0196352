#include "services/auth/sign_in.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

awaitable<Result<SignedIn>> SignIn::with_password(std::string email_or_username, Secret password, Device device,
                                                  std::string correlation_id) {
    auto credentials = co_await accounts_.find_credentials(std::move(email_or_username));
    std::optional<std::string> hash;
    if (credentials) hash = credentials->password_hash;
    const bool right = co_await hasher_.verify(password, hash);
    if (!right) co_return invalid_credentials();
    const auto allowed = check_may_sign_in(credentials->status);
    if (!allowed) co_return allowed.error();
    // The only moment at which the password itself is known.
    const auto parsed = Password::parse(password.reveal());
    if (hasher_.is_outdated(*hash) && parsed) {
        auto stronger = co_await hasher_.hash(*parsed);
        const bool replaced = co_await accounts_.strengthen_hash(credentials->id, *hash, stronger);
        if (replaced) hash = std::move(stronger);
    }
    auto signed_in = co_await sessions_.start(credentials->id, *hash, std::move(device), std::move(correlation_id));
    // Suspended, or its password changed, while we were hashing.
    if (!signed_in) co_return invalid_credentials();
    co_return std::move(*signed_in);
}

}  // namespace darkroom::accounts
