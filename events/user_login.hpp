// user.login: somebody signed in; the session begins.
#pragma once

#include "events/session_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct UserLogin : SessionFacts {
    static constexpr std::string_view type = "user.login";
};
BOOST_DESCRIBE_STRUCT(UserLogin, (SessionFacts), ())

}  // namespace darkroom::events
