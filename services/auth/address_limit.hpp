// Failed sign-ins by address: one machine that tries many names is stopped although no name has many failures.
#pragma once

#include "platform/core/time.hpp"
#include "platform/redis/client.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace darkroom::accounts {

/// Counted in Redis for all instances; while Redis is away, by each for itself. Loop thread only.
class AddressLimit {
public:
    /// More than a household or an office fails at in a quarter of an hour.
    static constexpr std::int64_t max_failures = 300;
    static constexpr Seconds window{900};

    explicit AddressLimit(redis::Client& redis) : redis_(redis) {}

    /// Nothing while the address may try. An empty address (not known) always may.
    awaitable<std::optional<Seconds>> barred_for(std::string address);
    awaitable<> count(std::string address);

private:
    struct Local {
        std::int64_t failures = 0;
        SteadyClock::time_point forget_at{};
    };
    void count_here(const std::string& key);

    redis::Client& redis_;
    std::unordered_map<std::string, Local> here_;
};

}  // namespace darkroom::accounts
