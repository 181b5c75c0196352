// user.logout: a session ended: signed out, revoked, or its refresh token was used twice.
#pragma once

#include "events/session_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct UserLogout : SessionFacts {
    static constexpr std::string_view type = "user.logout";
};
BOOST_DESCRIBE_STRUCT(UserLogout, (SessionFacts), ())

}  // namespace darkroom::events
