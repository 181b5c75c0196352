// user.created: an account exists from now on.
#pragma once

#include "events/user_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct UserCreated : UserFacts {
    static constexpr std::string_view type = "user.created";
};
BOOST_DESCRIBE_STRUCT(UserCreated, (UserFacts), ())

}  // namespace darkroom::events
