#include "services/auth/deletions.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::accounts {

namespace {

/// Days of grace are not measured to the second, and without a grace the deletion itself purges.
constexpr Milliseconds purge_interval = 5s;

}  // namespace

awaitable<DeletableAccount> Deletions::remove(UserId id, std::string correlation_id) {
    auto outcome = co_await repository_.remove(std::move(id), correlation_id);
    co_await revocations_.publish(std::move(outcome.revoked));
    if (grace_ == 0ms) co_await purge(std::move(correlation_id));
    co_return std::move(outcome.account);
}

awaitable<std::optional<Account>> Deletions::restore(UserId id, std::string correlation_id) {
    return repository_.restore(std::move(id), std::move(correlation_id));
}

awaitable<> Deletions::run() {
    while (true) {
        co_await pause_for(purge_interval);
        const CorrelationId correlation_id;
        co_await purge(correlation_id.text());
    }
}

awaitable<bool> Deletions::purge(std::string correlation_id) {
    std::string problem;
    try {
        bool purged = true;
        while (purged) purged = co_await repository_.purge_one(grace_, correlation_id);
        co_await repository_.forget_ended_sessions();
        const bool hiding = co_await repository_.is_hiding();
        if (!hiding) log::error("the database role is not bound by row security: deleted accounts are seen until purged");
        co_return true;
    } catch (const Failure& failure) {  // the database is away: the account is hidden, and `run` comes again
        problem = failure.error().detail;
    }
    log::warning("deleted accounts are not purged yet", {{"reason", problem}});
    co_return false;
}

}  // namespace darkroom::accounts
