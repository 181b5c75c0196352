#include "platform/bus/outbox_reports.hpp"

#include "platform/async/deadline.hpp"
#include "platform/bus/dead_letters.hpp"
#include "platform/bus/outbox.hpp"
#include "platform/core/log.hpp"

namespace darkroom::bus {

namespace {

/// The relay parks under this name (relay.cpp).
constexpr const char* parked_by = "outbox";
/// Whoever asked for a replay wants to know how it went.
constexpr Milliseconds after_replay = 1s;

awaitable<> send_again(pg::Pool& pool, std::string letter) {
    auto transaction = co_await pool.begin();
    const auto event = co_await dead_letters::take(transaction, parked_by, letter);
    // Another instance has it, or it is done.
    if (!event) co_return;
    co_await outbox::append(transaction, *event);
    co_await transaction.commit();
    log::info("refused event goes back into the outbox", {{"id", letter}, {"event_id", event->id}, {"type", event->type}});
}

/// Whether something was put back.
awaitable<bool> report_once(pg::Pool& pool, const Reporter& reporter, std::string name) {
    ConsumerReport report;
    report.dead_letters = co_await dead_letters::list(pool, parked_by);
    const auto answer = co_await reporter(std::move(name), std::move(report));
    for (const auto& letter : answer.replay) co_await send_again(pool, letter);
    co_return !answer.replay.empty();
}

}  // namespace

awaitable<> keep_reporting_outbox(pg::Pool& pool, Reporter reporter, std::string service, Milliseconds interval) {
    const auto name = service + "-outbox";
    bool failing = false;
    while (true) {
        std::string problem;
        bool replayed = false;
        try {
            replayed = co_await report_once(pool, reporter, name);
        } catch (const Failure& failure) {  // the bus or the database is away: later
            problem = failure.error().detail;
        }
        if (!problem.empty() && !failing) log::warning("outbox cannot report", {{"consumer", name}, {"reason", problem}});
        failing = !problem.empty();
        co_await pause_for(replayed ? std::min(interval, after_replay) : interval);
    }
}

}  // namespace darkroom::bus
