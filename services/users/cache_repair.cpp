#include "services/users/cache_repair.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::users {

namespace {

/// For so long an old profile may be seen after Redis has come back, when it was changed meanwhile.
constexpr Milliseconds interval = 500ms;

}  // namespace

awaitable<> CacheRepair::run() {
    while (true) {
        try {
            co_await repair();
        } catch (const Failure& failure) {  // Redis or the database is away: the rows wait
            log::debug("the profile cache is not repaired yet", {{"reason", failure.error().detail}});
        } catch (const redis::CommandError& error) {  // a replica, or out of memory: the same to us
            log::debug("the profile cache is not repaired yet", {{"reason", error.what()}});
        }
        co_await pause_for(interval);
    }
}

awaitable<> CacheRepair::repair() {
    while (true) {
        auto writes = co_await users_.uncached_writes();
        if (writes.empty()) co_return;
        std::vector<UserId> ids;
        for (const auto& write : writes) ids.push_back(write.user_id);
        co_await cache_.drop(std::move(ids));
        co_await users_.forget_uncached_writes(std::move(writes));
    }
}

}  // namespace darkroom::users
