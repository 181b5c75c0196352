// From what a person sends to a session: the one way in for /auth/login, /auth/token and the page of /oauth/authorize.
#pragma once

#include "services/auth/accounts_repository.hpp"
#include "services/auth/address_limit.hpp"
#include "services/auth/login_failures_repository.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/second_factors.hpp"
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
    SignIn(AccountsRepository& accounts, SessionsRepository& sessions, PasswordHasher& hasher, SecondFactors& factors,
           LoginFailuresRepository& failures, AddressLimit& addresses)
        : accounts_(accounts),
          sessions_(sessions),
          hasher_(hasher),
          factors_(factors),
          failures_(failures),
          addresses_(addresses) {}

    /// Whose credentials these are, without a session yet: for a page that asks for consent first.
    /// 401 invalid_credentials, the same and after the same time whichever is wrong; 403 when the password is right but the
    /// account may not sign in; 401 otp_required or otp_invalid once the password was right; 429 account_locked after ten
    /// failures in a row, also for a name that nobody has; 429 too_many_attempts for an address.
    awaitable<Result<Credentials>> prove(SignInAttempt attempt);
    /// `prove`, then a new session; invalid_credentials when the account was suspended or got another password meanwhile.
    awaitable<Result<SignedIn>> with_password(SignInAttempt attempt);

private:
    awaitable<Result<void>> check_second_factor(const Credentials& account, std::optional<std::string> otp);
    awaitable<> strengthen(Credentials& credentials, const Secret& password);

    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    PasswordHasher& hasher_;
    SecondFactors& factors_;
    LoginFailuresRepository& failures_;
    AddressLimit& addresses_;
};

}  // namespace darkroom::accounts
