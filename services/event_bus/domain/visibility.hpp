// Whose events a caller may see.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/bus/envelope.hpp"

#include <optional>
#include <string>

namespace darkroom::event_bus {

inline bool sees_everything(const auth::Caller& caller) {
    return caller.may(auth::permission::events_read);
}

/// What a client may see at all: everything, or one user's events.
struct Visibility {
    /// nullopt: everything.
    std::optional<std::string> only_user{};

    static Visibility of(const auth::Caller& caller) {
        if (sees_everything(caller)) return {};
        return {.only_user = caller.user_id.text()};
    }
    bool allows(const bus::Envelope& event) const { return !only_user || event.user_id == only_user; }
};

}  // namespace darkroom::event_bus
