// user.deleted: an account is gone; everybody forgets what they hold about it.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::events {

struct UserDeleted {
    static constexpr std::string_view type = "user.deleted";
    std::string user_id;
    std::string email;
    std::string username;
    std::string role;

    bool operator==(const UserDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserDeleted, (), (user_id, email, username, role))

}  // namespace darkroom::events
