// An account as everybody may see it, and the rules on who may sign in.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/identity/avatar_url.hpp"
#include "platform/identity/email.hpp"
#include "platform/identity/full_name.hpp"
#include "platform/identity/username.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

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

/// With what only services see. `version` rises with every change, so that a reader of events knows old from new.
struct Account : User {
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Account, (User), (version))

/// What somebody wants changed; absent stays as it is. An empty avatar URL takes the picture away.
struct AccountChange {
    std::optional<Email> email{};
    std::optional<Username> username{};
    std::optional<FullName> full_name{};
    std::optional<AvatarUrl> avatar_url{};
    std::optional<Role> role{};
    std::optional<Status> status{};
};

/// `account` with the change applied, and the names of the fields that have another value now, in API order.
struct ChangedAccount {
    Account account;
    std::vector<std::string> updated_fields;

    bool changed(std::string_view field) const;
};
ChangedAccount apply(Account account, const AccountChange& change);

/// Sessions of an account that may not sign in any more, or whose rights have changed, must not go on with their old tokens.
bool ends_sessions(const ChangedAccount& changed);
/// True when an active admin ceases to be one.
bool loses_admin(const Account& before, const Account& after);

/// Only an active account may sign in. Asked after the password was found right, never before: whoever does not know the
/// password learns nothing.
Result<void> check_may_sign_in(Status status);

}  // namespace darkroom::accounts
