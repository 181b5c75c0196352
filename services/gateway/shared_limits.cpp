#include "services/gateway/shared_limits.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::gateway {

namespace {

constexpr Milliseconds exchange_interval = 100ms;
/// Longer than the minute that a counter is for.
constexpr const char* counter_life = "130";

std::int64_t minute_of(Timestamp time) {
    return std::chrono::duration_cast<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace

LimitDecision SharedLimits::take(const std::string& key, int per_minute, SteadyClock::time_point now) {
    auto decision = buckets_.take(key, per_minute, now);
    if (decision.allowed && redis_ != nullptr) {
        auto& taken = taken_[key];
        ++taken.count;
        taken.per_minute = per_minute;
    }
    return decision;
}

LimitDecision SharedLimits::peek(std::string_view key, int per_minute, SteadyClock::time_point now) const {
    return buckets_.peek(key, per_minute, now);
}

awaitable<> SharedLimits::run() {
    while (true) {
        co_await pause_for(exchange_interval);
        co_await exchange();
    }
}

awaitable<> SharedLimits::exchange() {
    const auto taken = std::exchange(taken_, {});
    if (taken.empty() || redis_ == nullptr) co_return;
    const auto minute = minute_of(now());
    if (std::exchange(minute_, minute) != minute) totals_.clear();
    std::vector<std::vector<std::string>> commands;
    for (const auto& [key, mine] : taken) {
        const auto counter = "darkroom:rate:" + key + ':' + std::to_string(minute);
        commands.push_back({"INCRBY", counter, std::to_string(mine.count)});
        commands.push_back({"EXPIRE", counter, counter_life});
    }
    std::string problem;
    std::vector<redis::Reply> replies;
    try {
        replies = co_await redis_->commands(std::move(commands));
    } catch (const Failure& failure) {  // Redis is away
        problem = failure.error().detail;
    } catch (const redis::CommandError& error) {  // it has no memory left, say
        problem = error.what();
    }
    if (std::exchange(alone_, !problem.empty()) == problem.empty()) {
        log::info(alone_ ? "rate limits are this gateway's own" : "rate limits are shared again", {{"reason", problem}});
    }
    std::size_t at = 0;
    for (const auto& [key, mine] : taken) {
        if (at < replies.size()) learn(key, mine, replies[at].integer());
        at += 2;
    }
}

void SharedLimits::learn(const std::string& key, const Taken& taken, std::int64_t total) {
    auto& known = totals_[key];
    const auto others = total - known - taken.count;
    known = total;
    if (others > 0) buckets_.charge(key, others, taken.per_minute, SteadyClock::now());
}

}  // namespace darkroom::gateway
