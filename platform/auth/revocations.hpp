// Sessions that must no longer be believed although their access tokens have not expired.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/auth/service_tokens.hpp"
#include "platform/core/ids.hpp"
#include "platform/http/client.hpp"
#include "platform/redis/subscriber.hpp"

#include <deque>
#include <unordered_set>

namespace darkroom::auth {

/// Fed by Redis (channel `darkroom.revoked`, one session id a message) and, for what Redis may have lost, by auth-service:
/// every second while Redis is away, every half minute else, and at each reconnect. Entries leave after the longest life of an
/// access token.
class Revocations {
public:
    struct Options {
        redis::Url redis;
        http::Origin auth;
        /// No access token lives longer.
        Seconds token_life{15 * 60};
    };

    Revocations(Runtime& runtime, http::Client& client, ServiceTokens& tokens, Options options);

    void start();
    bool is_revoked(const SessionId& session) const { return revoked_.contains(session.text()); }
    void add(std::string session_id);

private:
    struct Entry {
        SteadyClock::time_point forget_at;
        std::string session_id;
    };

    awaitable<> keep_up();
    awaitable<> read_from_auth();
    void forget_old();

    Runtime& runtime_;
    http::Client& client_;
    ServiceTokens& tokens_;
    Options options_;
    redis::Subscriber subscriber_;
    Notifier wake_;
    std::unordered_set<std::string> revoked_;
    std::deque<Entry> by_age_;
    /// Where the next read begins; overlaps the last one, because adding twice is harmless and missing one is not.
    Timestamp read_from_{};
    bool connection_changed_ = false;
};

}  // namespace darkroom::auth
