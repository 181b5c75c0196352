// One budget for a client at all gateways. Each decides at once from its own bucket and tells the others what it gave away.
#pragma once

#include "platform/redis/client.hpp"
#include "services/gateway/domain/rate_limit.hpp"

#include <string>
#include <unordered_map>

namespace darkroom::gateway {

/// What was taken is added to a counter in Redis every 100 ms, and what others have added comes off the own bucket: no request
/// waits for Redis, and together the gateways let through what one would, but for what reaches them within 100 ms. While Redis
/// is away each counts for itself. Loop thread only.
class SharedLimits {
public:
    /// Without Redis: for this gateway alone.
    SharedLimits(std::size_t max_clients, redis::Client* redis) : buckets_(max_clients), redis_(redis) {}

    LimitDecision take(const std::string& key, int per_minute, SteadyClock::time_point now);
    LimitDecision peek(std::string_view key, int per_minute, SteadyClock::time_point now) const;
    std::size_t size() const { return buckets_.size(); }

    /// Until cancelled; spawn it in a TaskGroup.
    awaitable<> run();
    /// One exchange with Redis.
    awaitable<> exchange();

private:
    struct Taken {
        std::int64_t count = 0;
        int per_minute = 0;
    };
    void learn(const std::string& key, const Taken& taken, std::int64_t total);

    TokenBuckets buckets_;
    redis::Client* redis_;
    std::unordered_map<std::string, Taken> taken_;
    /// What Redis said last, of this minute.
    std::unordered_map<std::string, std::int64_t> totals_;
    std::int64_t minute_ = 0;
    bool alone_ = false;
};

}  // namespace darkroom::gateway
