// A token bucket per client: `per_minute` tokens at most, refilled evenly over a minute. In memory, for one loop.
// SharedLimits makes one budget of those of several gateways.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace darkroom::gateway {

/// Requests a minute by who asks.
struct RateLimits {
    bool enabled = true;
    int anonymous = 100;
    int guest = 100;
    int user = 300;
    int premium = 600;
    int admin = 1000;

    /// "off", or any of "anonymous=100,guest=100,user=300,premium=600,admin=1000"; what is not named keeps its default.
    static Result<RateLimits> parse(std::string_view text);
    /// nullopt: unlimited. Other services count as admins.
    std::optional<int> of(const auth::Caller& caller) const;
};

struct LimitDecision {
    bool allowed = true;
    int limit = 0;
    int remaining = 0;
    /// Until the bucket is full again.
    Seconds reset{0};
    /// Until one more request may pass; zero when one may now.
    Seconds retry_after{0};
};

/// Bounded without forgetting anybody who matters: a bucket that was not touched for a minute is full, and a full bucket is the
/// same as none. So two generations are kept and the older one is dropped every minute. Past `max_clients` it is dropped
/// sooner.
class TokenBuckets {
public:
    explicit TokenBuckets(std::size_t max_clients);

    LimitDecision take(std::string_view key, int per_minute, SteadyClock::time_point now);
    /// `count` requests that another gateway let through come off too; never below nothing.
    void charge(std::string_view key, std::int64_t count, int per_minute, SteadyClock::time_point now);
    /// What `take` would find, without taking.
    LimitDecision peek(std::string_view key, int per_minute, SteadyClock::time_point now) const;
    std::size_t size() const { return young_.size() + old_.size(); }

private:
    struct Bucket {
        double tokens;
        SteadyClock::time_point updated;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    using Generation = std::unordered_map<std::string, Bucket, Hash, std::equal_to<>>;

    void store(std::string_view key, Bucket bucket);
    void age(SteadyClock::time_point now);
    std::optional<Bucket> lookup(std::string_view key) const;

    std::size_t max_clients_;
    SteadyClock::time_point generation_began_{};
    Generation young_;
    Generation old_;
};

}  // namespace darkroom::gateway
