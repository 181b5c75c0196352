#include "services/auth/revocation_publisher.hpp"

#include "platform/core/log.hpp"

#include <algorithm>

namespace darkroom::accounts {

namespace {

constexpr Milliseconds retry_interval = 250ms;
constexpr Milliseconds idle_interval = 60s;
/// One round trip to Redis.
constexpr std::size_t batch_limit = 256;
/// Without Redis this long list would only delay what verifiers learn by asking.
constexpr std::size_t max_pending = 100'000;

}  // namespace

awaitable<> RevocationPublisher::publish(std::vector<SessionId> sessions) {
    if (sessions.empty()) co_return;
    for (const auto& session : sessions) local_.add(session.text());
    const bool published = co_await try_publish(sessions);
    if (published) co_return;
    const auto forget_at = SteadyClock::now() + life_;
    for (auto& session : sessions) {
        if (pending_.size() < max_pending) pending_.push_back({forget_at, std::move(session)});
    }
    wake_.notify();
}

awaitable<> RevocationPublisher::run() {
    while (true) {
        co_await wake_.wait_for(pending_.empty() ? idle_interval : retry_interval);
        while (!pending_.empty() && pending_.front().forget_at < SteadyClock::now()) pending_.pop_front();
        if (pending_.empty()) continue;
        std::vector<SessionId> batch;
        const auto size = std::min(pending_.size(), batch_limit);
        for (std::size_t i = 0; i < size; ++i) batch.push_back(pending_[i].session);
        const bool published = co_await try_publish(batch);
        if (!published) continue;
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size));
    }
}

awaitable<bool> RevocationPublisher::try_publish(std::vector<SessionId> sessions) {
    std::vector<std::vector<std::string>> commands;
    for (const auto& session : sessions) {
        commands.push_back({"SET", "darkroom:revoked:" + session.text(), "1", "EX", std::to_string(life_.count())});
        commands.push_back({"PUBLISH", "darkroom.revoked", session.text()});
    }
    std::string problem;
    try {
        co_await redis_.commands(std::move(commands));
        failing_ = false;
        co_return true;
    } catch (const Failure& failure) {  // Redis is away: the truth is committed, only the news is late
        problem = failure.error().detail;
    } catch (const redis::CommandError& error) {  // a replica, or out of memory: the same to us
        problem = error.what();
    }
    // Once per outage: `run` tries four times a second.
    if (!failing_) log::warning("revocations are not announced yet", {{"reason", problem}});
    failing_ = true;
    co_return false;
}

}  // namespace darkroom::accounts
