#include "services/gateway/domain/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace darkroom::gateway {

namespace {

constexpr double seconds_per_window = 60;
constexpr Seconds generation_life{60};
constexpr int largest_limit = 10'000'000;

struct NamedLimit {
    std::string_view name;
    int RateLimits::* member;
};
constexpr std::array<NamedLimit, 5> named_limits{{{"anonymous", &RateLimits::anonymous},
                                                  {"guest", &RateLimits::guest},
                                                  {"user", &RateLimits::user},
                                                  {"premium", &RateLimits::premium},
                                                  {"admin", &RateLimits::admin}}};

std::optional<int> positive_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > largest_limit) return std::nullopt;
    return value;
}

double refilled(double tokens, SteadyClock::time_point since, int per_minute, SteadyClock::time_point now) {
    const std::chrono::duration<double> passed = now - since;
    return std::min<double>(per_minute, tokens + std::max(passed.count(), 0.0) * per_minute / seconds_per_window);
}

Seconds time_for(double tokens, int per_minute) {
    return Seconds{static_cast<Seconds::rep>(std::ceil(std::max(tokens, 0.0) * seconds_per_window / per_minute))};
}

LimitDecision describe(bool allowed, double tokens, int per_minute) {
    return {.allowed = allowed,
            .limit = per_minute,
            .remaining = static_cast<int>(tokens),
            .reset = time_for(per_minute - tokens, per_minute),
            .retry_after = tokens >= 1 ? Seconds{0} : time_for(1 - tokens, per_minute)};
}

}  // namespace

Result<RateLimits> RateLimits::parse(std::string_view text) {
    RateLimits limits;
    if (text == "off") {
        limits.enabled = false;
        return limits;
    }
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto pair = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        const auto is_named = [&](const NamedLimit& named) { return named.name == pair.substr(0, equals); };
        const auto named = std::ranges::find_if(named_limits, is_named);
        const auto value = positive_number(pair.substr(std::min(equals + 1, pair.size())));
        if (named == named_limits.end() || !value) {
            return invalid_field("", fmt::format("\"{}\" is not role=requests a minute, or off", pair));
        }
        limits.*(named->member) = *value;
    }
    return limits;
}

std::optional<int> RateLimits::of(const auth::Caller& caller) const {
    if (!enabled) return std::nullopt;
    if (caller.is_service()) return admin;
    if (!caller.signed_in()) return anonymous;
    switch (caller.role) {
        case auth::Role::guest: return guest;
        case auth::Role::user: return user;
        case auth::Role::premium: return premium;
        case auth::Role::admin: return admin;
    }
    return anonymous;
}

TokenBuckets::TokenBuckets(std::size_t max_clients) : max_clients_(max_clients) {}

LimitDecision TokenBuckets::take(std::string_view key, int per_minute, SteadyClock::time_point now) {
    age(now);
    const auto known = lookup(key);
    const double tokens = known ? refilled(known->tokens, known->updated, per_minute, now) : per_minute;
    const bool allowed = tokens >= 1;
    const double left = allowed ? tokens - 1 : tokens;
    store(key, {left, now});
    return describe(allowed, left, per_minute);
}

void TokenBuckets::charge(std::string_view key, std::int64_t count, int per_minute, SteadyClock::time_point now) {
    const auto known = lookup(key);
    // A bucket may have been touched a little later than the caller's clock was read.
    const auto at = known ? std::max(now, known->updated) : now;
    const double tokens = known ? refilled(known->tokens, known->updated, per_minute, at) : per_minute;
    store(key, {std::max(tokens - static_cast<double>(count), 0.0), at});
}

void TokenBuckets::store(std::string_view key, Bucket bucket) {
    if (const auto found = young_.find(key); found != young_.end()) {
        found->second = bucket;
    } else {
        young_.emplace(std::string(key), bucket);
    }
}

LimitDecision TokenBuckets::peek(std::string_view key, int per_minute, SteadyClock::time_point now) const {
    const auto known = lookup(key);
    const double tokens = known ? refilled(known->tokens, known->updated, per_minute, now) : per_minute;
    return describe(tokens >= 1, tokens, per_minute);
}

void TokenBuckets::age(SteadyClock::time_point now) {
    const bool crowded = young_.size() >= max_clients_ / 2;
    if (!crowded && now - generation_began_ < generation_life) return;
    old_ = std::move(young_);
    young_.clear();
    generation_began_ = now;
}

std::optional<TokenBuckets::Bucket> TokenBuckets::lookup(std::string_view key) const {
    if (const auto found = young_.find(key); found != young_.end()) return found->second;
    if (const auto found = old_.find(key); found != old_.end()) return found->second;
    return std::nullopt;
}

}  // namespace darkroom::gateway
