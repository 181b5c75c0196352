// What an admin says of a new user.
#pragma once

#include "platform/core/secret.hpp"
#include "services/users/domain/user.hpp"

namespace darkroom::users {

/// 8..128 characters; auth-service alone keeps it, hashed.
class NewPassword {
public:
    static Result<NewPassword> parse(std::string_view text);
    static constexpr json::TextSchema schema{.min_length = 8, .max_length = 128, .format = "password"};

    NewPassword() = default;
    std::string_view text() const noexcept { return secret_.reveal(); }

private:
    explicit NewPassword(Secret secret) : secret_(std::move(secret)) {}
    Secret secret_;
};

/// The body of POST /users. Without a password the user gets a link by mail to set one, and is pending until then.
struct NewUser {
    Email email{};
    Username username{};
    std::optional<NewPassword> password{};
    std::optional<FullName> full_name{};
    std::optional<Role> role{};
    std::optional<Status> status{};
};
BOOST_DESCRIBE_STRUCT(NewUser, (), (email, username, password, full_name, role, status))

/// Tells equal requests from different ones, without the password: a plain digest of that would be a way to guess it.
std::string fingerprint_of(const NewUser& user);

/// Idempotency-Key: 1..128 visible ASCII characters.
class IdempotencyKey {
public:
    static Result<IdempotencyKey> parse(std::string_view text);
    const std::string& text() const noexcept { return text_; }

private:
    explicit IdempotencyKey(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::users
