// Tells every service which sessions have ended. PostgreSQL knows it already; this makes it quick.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/auth/revocations.hpp"
#include "platform/redis/client.hpp"

#include <deque>
#include <vector>

namespace darkroom::accounts {

class RevocationPublisher {
public:
    /// `life` is the longest that an access token can still be believed.
    RevocationPublisher(Executor executor, redis::Client& redis, auth::Revocations& local, Seconds life)
        : redis_(redis), local_(local), life_(life), wake_(executor) {}

    /// Call after the commit. Returns once Redis has passed the news on, so that the caller's next request is refused
    /// everywhere; while Redis is away it returns at once and `run` goes on trying (verifiers then also ask
    /// /internal/revocations).
    awaitable<> publish(std::vector<SessionId> sessions);
    /// Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();

private:
    struct Pending {
        SteadyClock::time_point forget_at;
        SessionId session;
    };
    awaitable<bool> try_publish(std::vector<SessionId> sessions);

    redis::Client& redis_;
    auth::Revocations& local_;
    Seconds life_;
    Notifier wake_;
    std::deque<Pending> pending_;
    bool failing_ = false;
};

}  // namespace darkroom::accounts
