// What user.created and user.updated tell of an account: all that a reader needs to keep a copy.
#pragma once

#include "platform/json/described.hpp"

#include <optional>
#include <string>

namespace darkroom::events {

struct UserFacts {
    std::string user_id;
    std::string email;
    std::string username;
    std::string full_name;
    /// "guest", "user", "premium" or "admin"
    std::string role;
    /// "active", "inactive", "suspended" or "pending"
    std::string status;
    std::optional<std::string> avatar_url;
    Timestamp created_at{};
    Timestamp updated_at{};
    /// Rises with every change of the account: a copy with a higher one is newer than this event.
    std::int64_t version = 1;

    bool operator==(const UserFacts&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserFacts, (),
                      (user_id, email, username, full_name, role, status, avatar_url, created_at, updated_at, version))

}  // namespace darkroom::events
