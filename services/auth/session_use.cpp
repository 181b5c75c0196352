#include "services/auth/session_use.hpp"

#include "platform/async/deadline.hpp"
#include "platform/auth/session_activity.hpp"
#include "platform/core/log.hpp"

#include <charconv>

namespace darkroom::accounts {

namespace {

constexpr std::size_t batch_limit = 500;

/// Redis writes a score as "1764446172123".
std::optional<std::int64_t> milliseconds_in(const std::string& score) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(score.data(), score.data() + score.size(), value);
    if (error != std::errc{} || end != score.data() + score.size()) return std::nullopt;
    return value;
}

}  // namespace

awaitable<> SessionUse::run() {
    while (true) {
        co_await pause_for(interval_);
        std::string problem;
        try {
            bool more = true;
            while (more) more = co_await store_some();
        } catch (const Failure& failure) {  // Redis or the database is away: the next uses are noted again
            problem = failure.error().detail;
        } catch (const redis::CommandError& error) {  // a Redis that is too old, or not the master any more
            problem = error.what();
        }
        if (!problem.empty()) log::info("the use of sessions is not stored", {{"reason", problem}});
    }
}

awaitable<bool> SessionUse::store_some() {
    // Taken out as it is read, so that two instances never store the same. What is lost with us is noted again.
    const auto reply =
        co_await redis_.command({"ZPOPMIN", std::string(auth::SessionActivity::key), std::to_string(batch_limit)});
    const auto& pairs = reply.array();
    std::vector<SessionId> sessions;
    std::vector<std::int64_t> times;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        const auto time = milliseconds_in(pairs[i + 1].text());
        if (!time) continue;
        sessions.push_back(SessionId::trusted(pairs[i].text()));
        times.push_back(*time);
    }
    if (!sessions.empty()) co_await sessions_.note_use(std::move(sessions), std::move(times));
    co_return pairs.size() == 2 * batch_limit;
}

}  // namespace darkroom::accounts
