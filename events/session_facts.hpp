// What the events of sessions tell.
#pragma once

#include "platform/json/described.hpp"

#include <string>

namespace darkroom::events {

struct SessionFacts {
    std::string user_id;
    std::string session_id;

    bool operator==(const SessionFacts&) const = default;
};
BOOST_DESCRIBE_STRUCT(SessionFacts, (), (user_id, session_id))

}  // namespace darkroom::events
