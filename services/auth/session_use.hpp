// Stores when sessions were last used, as all services have noted it in Redis (platform/auth/session_activity.hpp).
#pragma once

#include "platform/redis/client.hpp"
#include "services/auth/sessions_repository.hpp"

namespace darkroom::accounts {

class SessionUse {
public:
    SessionUse(redis::Client& redis, SessionsRepository& sessions, Milliseconds interval)
        : redis_(redis), sessions_(sessions), interval_(interval) {}

    /// Until cancelled; spawn it in a TaskGroup. Any number of instances share the work.
    awaitable<> run();

private:
    /// At most one batch; false when there is no more.
    awaitable<bool> store_some();

    redis::Client& redis_;
    SessionsRepository& sessions_;
    Milliseconds interval_;
};

}  // namespace darkroom::accounts
