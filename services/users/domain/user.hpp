// A person as the system shows them.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/identity/avatar_url.hpp"
#include "platform/identity/email.hpp"
#include "platform/identity/full_name.hpp"
#include "platform/identity/username.hpp"
#include "services/users/domain/preferences.hpp"

#include <boost/describe.hpp>

#include <optional>

namespace darkroom::users {

using auth::Role;
using identity::AvatarUrl;
using identity::Email;
using identity::FullName;
using identity::Username;

enum class Status { active, inactive, suspended, pending };
BOOST_DESCRIBE_ENUM(Status, active, inactive, suspended, pending)

/// The user object of API.md.
struct User {
    UserId id{};
    Email email{};
    Username username{};
    FullName full_name{};
    Role role = Role::user;
    Status status = Status::active;
    std::optional<AvatarUrl> avatar_url{};
    Timestamp created_at{};
    Timestamp updated_at{};
    std::optional<Timestamp> last_login{};
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login))

/// What a person sees of themselves.
struct Profile : User {
    json::Object preferences{};
};
BOOST_DESCRIBE_STRUCT(Profile, (User), (preferences))

/// A row of our table.
struct StoredUser : Profile {
    std::int64_t account_version = 0;
    std::int64_t revision = 1;
};
BOOST_DESCRIBE_STRUCT(StoredUser, (Profile), (account_version, revision))

/// What only auth may change; absent stays as it is. An empty avatar URL takes the picture away.
struct AccountChange {
    std::optional<Email> email{};
    std::optional<Username> username{};
    std::optional<FullName> full_name{};
    std::optional<AvatarUrl> avatar_url{};
    std::optional<Role> role{};
    std::optional<Status> status{};
    /// An admin answers for the address; else its owner may have to confirm it first.
    std::optional<bool> email_confirmed{};
    /// auth refuses with 412 when its account has another version.
    std::optional<std::int64_t> expected_version{};

    /// True when nothing would be different from `user`.
    bool is_void_for(const User& user) const;
};
BOOST_DESCRIBE_STRUCT(AccountChange, (),
                      (email, username, full_name, avatar_url, role, status, email_confirmed, expected_version))

}  // namespace darkroom::users
