// Profiles in Redis, under darkroom:profile:<id>. What is read from here is never older than the row was when the read began,
// as long as whoever writes the row says so before and after:
//
//     const auto write = co_await cache.begin_write(id);   // whatever is cached is gone, and nobody may cache until
//     `end_write` …change the row and commit, noting the write if it is not `announced`… cache.end_write(write);
//
// A key is a hash of `v` (the profile), `lease` (of the reader who may fill it) and `w:<token>` for each write under way. A
// reader who finds nothing takes the lease, reads the row, and may fill only while the lease is still its own: every write,
// expiry and eviction in between has taken it away. A writer who dies leaves its mark, and the profile uncached, until the key
// expires.
#pragma once

#include "platform/redis/client.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/users/domain/user.hpp"

#include <optional>
#include <string>

namespace darkroom::users {

/// What the cache knows; without `user`, `lease` allows to fill it.
struct CachedProfile {
    std::optional<StoredUser> user{};
    std::optional<std::string> lease{};
};

struct ProfileWrite {
    UserId id{};
    std::string token{};
    /// False: Redis is away, so what it holds may be found there later. The write must be noted with the row (uncached_writes).
    bool announced = false;
};

class ProfileCache {
public:
    ProfileCache(redis::Client& redis, telemetry::Metrics& metrics);

    /// Nothing at all while Redis is away.
    awaitable<CachedProfile> look_up(UserId id);
    /// Does nothing when the lease is not good any more. Does not wait.
    void fill(const UserId& id, const std::string& lease, const StoredUser& user);

    awaitable<ProfileWrite> begin_write(UserId id);
    /// After the commit, never after a failure: what a failed commit has done is not known. Does not wait.
    void end_write(const ProfileWrite& write);
    /// Drops what Redis holds of these; throws Failure while it is away.
    awaitable<> drop(std::vector<UserId> ids);

private:
    redis::Client& redis_;
    prometheus::Counter& hits_;
    prometheus::Counter& misses_;
};

}  // namespace darkroom::users
