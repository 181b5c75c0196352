#include "platform/auth/session_activity.hpp"

#include "platform/async/deadline.hpp"

namespace darkroom::auth {

namespace {

/// Of one command.
constexpr std::size_t batch_limit = 500;
/// What nobody fetches goes: auth-service is away for good then.
constexpr std::string_view life_seconds = "3600";

}  // namespace

SessionActivity::SessionActivity(redis::Client& redis) : SessionActivity(redis, Options{}) {}

void SessionActivity::note(const SessionId& session) {
    const auto time = now();
    if (const auto known = seen_.find(session.text()); known != seen_.end()) {
        known->second = time;
    } else if (seen_.size() < options_.max_sessions) {
        seen_.emplace(session.text(), time);
    }
}

void SessionActivity::write() {
    if (seen_.empty()) return;
    // GT: another service may have seen it later.
    const std::vector<std::string> command{"ZADD", std::string(key), "GT"};
    auto batch = command;
    for (const auto& [session, time] : seen_) {
        batch.push_back(std::to_string(time.time_since_epoch() / 1ms));
        batch.push_back(session);
        if (batch.size() < command.size() + 2 * batch_limit) continue;
        redis_.send(std::move(batch));
        batch = command;
    }
    if (batch.size() > command.size()) redis_.send(std::move(batch));
    redis_.send({"EXPIRE", std::string(key), std::string(life_seconds)});
    seen_.clear();
}

awaitable<> SessionActivity::run() {
    while (true) {
        co_await pause_for(options_.interval);
        write();
    }
}

}  // namespace darkroom::auth
