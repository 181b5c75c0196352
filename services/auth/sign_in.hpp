// From what a person sends to a session: the one way in for /auth/login and /auth/token.
#pragma once

#include "services/auth/accounts_repository.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/sessions_repository.hpp"

namespace darkroom::accounts {

class SignIn {
public:
    SignIn(AccountsRepository& accounts, SessionsRepository& sessions, PasswordHasher& hasher)
        : accounts_(accounts), sessions_(sessions), hasher_(hasher) {}

    /// 401 invalid_credentials, the same and after the same time whichever is wrong; 403 when the password is right but the
    /// account may not sign in.
    awaitable<Result<SignedIn>> with_password(std::string email_or_username, Secret password, Device device,
                                              std::string correlation_id);

private:
    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    PasswordHasher& hasher_;
};

}  // namespace darkroom::accounts
