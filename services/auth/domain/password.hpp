// A password as somebody chose it.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/identity/email.hpp"
#include "platform/identity/username.hpp"
#include "platform/json/described.hpp"

#include <string_view>

namespace darkroom::accounts {

/// 8..128 characters (code points) of any kind. Every character counts: see password_hasher.hpp.
class Password {
public:
    static Result<Password> parse(std::string_view text);
    /// One that an account has already, by whatever rules it was chosen.
    static Password known(std::string_view text) { return Password(Secret(std::string(text))); }
    static constexpr json::TextSchema schema{.min_length = 8, .max_length = 128, .format = "password"};

    Password() = default;
    std::string_view text() const noexcept { return secret_.reveal(); }

private:
    explicit Password(Secret secret) : secret_(std::move(secret)) {}
    Secret secret_;
};

/// What else a new password must not be. The public contract asks for 8 to 128 characters and no more, so it is the operator's
/// choice (AUTH_GUESSABLE_PASSWORDS).
class PasswordPolicy {
public:
    explicit PasswordPolicy(bool refuses_guessable) : refuses_guessable_(refuses_guessable) {}

    /// Refuses, as `field`, one of common_passwords.txt, and one that is the username or the e-mail's local part with little
    /// else: without it, what is left is too short or common. Names of less than four characters are in too many words to
    /// count.
    Result<void> check(const Password& password, const identity::Username& username, const identity::Email& email,
                       std::string field = "password") const;

private:
    bool refuses_guessable_;
};

}  // namespace darkroom::accounts
