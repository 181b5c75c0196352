// Which sessions are in use: every service notes it in Redis, and auth-service stores it for GET /auth/sessions.
#pragma once

#include "platform/core/ids.hpp"
#include "platform/redis/client.hpp"

#include <unordered_map>

namespace darkroom::auth {

class SessionActivity {
public:
    /// A sorted set: session ids by when they were last seen, in milliseconds since 1970.
    static constexpr std::string_view key = "darkroom:sessions:seen";

    struct Options {
        Milliseconds interval = 5s;
        /// Noted between two writes; what is beyond is noted with a later request.
        std::size_t max_sessions = 10'000;
    };

    explicit SessionActivity(redis::Client& redis);
    SessionActivity(redis::Client& redis, Options options) : redis_(redis), options_(options) {}

    /// Only remembers: no request waits for Redis.
    void note(const SessionId& session);
    /// Writes what was noted since the last time. While Redis is away it is lost: the next request notes it again.
    void write();
    /// Until cancelled; spawn it in a TaskGroup.
    awaitable<> run();

private:
    redis::Client& redis_;
    Options options_;
    std::unordered_map<std::string, Timestamp> seen_;
};

}  // namespace darkroom::auth
