// token.refreshed: a session got new tokens.
#pragma once

#include "events/session_facts.hpp"

#include <string_view>

namespace darkroom::events {

struct TokenRefreshed : SessionFacts {
    static constexpr std::string_view type = "token.refreshed";
};
BOOST_DESCRIBE_STRUCT(TokenRefreshed, (SessionFacts), ())

}  // namespace darkroom::events
