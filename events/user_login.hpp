// user.login: somebody signed in; the session begins.
#pragma once

#include "events/session_facts.hpp"

#include <optional>
#include <string_view>

namespace darkroom::events {

struct UserLogin : SessionFacts {
    static constexpr std::string_view type = "user.login";
    /// The account was never signed in to from such a device. The very first session is not from a new one.
    std::optional<bool> new_device{};
    /// As told by the request.
    std::optional<std::string> ip{};
    std::optional<std::string> user_agent{};
};
BOOST_DESCRIBE_STRUCT(UserLogin, (SessionFacts), (new_device, ip, user_agent))

}  // namespace darkroom::events
