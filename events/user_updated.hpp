// user.updated: an account or its owner's preferences changed.
#pragma once

#include "events/user_facts.hpp"

#include <string_view>
#include <vector>

namespace darkroom::events {

struct UserUpdated : UserFacts {
    static constexpr std::string_view type = "user.updated";
    /// "email", "username", "full_name", "avatar_url", "role", "status", "password", "preferences", "deleted_at"
    std::vector<std::string> updated_fields;
    /// Set while the account is deleted and not yet purged (user.deleted): nobody may see it.
    std::optional<Timestamp> deleted_at{};

    bool operator==(const UserUpdated&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserUpdated, (UserFacts), (updated_fields, deleted_at))

}  // namespace darkroom::events
