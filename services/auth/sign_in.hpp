// From what a person sends to a session: the one way in for /auth/login and /auth/token.
#pragma once

#include "services/auth/accounts_repository.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/sessions_repository.hpp"

namespace darkroom::accounts {

struct SignInAttempt {
    std::string email_or_username;
    Secret password;
    /// A code of the authenticator app or a recovery code, for accounts with a second factor.
    std::optional<std::string> otp{};
    Device device{};
    std::string correlation_id{};
};

class SignIn {
public:
    SignIn(AccountsRepository& accounts, SessionsRepository& sessions, PasswordHasher& hasher)
        : accounts_(accounts), sessions_(sessions), hasher_(hasher) {}

    /// Whose credentials these are, without a session yet: for a page that asks for consent first.
    /// 401 invalid_credentials, the same and after the same time whichever is wrong; 403 when the password is right but the
    /// account may not sign in.
    awaitable<Result<Credentials>> prove(SignInAttempt attempt);
    /// `prove`, then a new session; invalid_credentials when the account was suspended or got another password meanwhile.
    awaitable<Result<SignedIn>> with_password(SignInAttempt attempt);

private:
    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    PasswordHasher& hasher_;
};

}  // namespace darkroom::accounts
