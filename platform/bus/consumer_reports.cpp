// How a consumer reports, replays and pauses; the loop that applies events is in consumer.cpp.
#include "platform/async/deadline.hpp"
#include "platform/bus/checkpoints.hpp"
#include "platform/bus/consumer_state.hpp"
#include "platform/bus/dead_letters.hpp"
#include "platform/core/log.hpp"

namespace darkroom::bus {

namespace {

/// A bus that is away is asked again after this.
constexpr Milliseconds report_again = 2s;

}  // namespace

awaitable<> Consumer::State::keep_reporting(Reporter reporter) {
    const auto self = shared_from_this();
    bool failing = false;
    while (true) {
        const auto seen = progress.count();
        std::string problem;
        try {
            co_await report_once(reporter);
        } catch (const Failure& failure) {  // the bus or the database is away: later
            problem = failure.error().detail;
        }
        if (!problem.empty() && !failing)
            log::warning("consumer cannot report", {{"consumer", options.name}, {"reason", problem}});
        failing = !problem.empty();
        co_await pause_for(failing ? report_again : options.report_moving);
        if (!failing) co_await progress.wait_past(seen, options.report_idle - options.report_moving);
    }
}

awaitable<> Consumer::State::report_once(const Reporter& reporter) {
    ConsumerReport report{.position = sequencer.last(), .held = held, .paused = paused};
    for (const auto& [type, handler] : handlers) report.event_types.push_back(type);
    report.dead_letters = co_await dead_letters::list(pool, options.name);
    auto answer = co_await reporter(options.name, std::move(report));
    const bool changed = rules != answer.rules;
    rules = std::move(answer.rules);
    if (changed) rules_changed.notify();
    for (auto& letter : answer.replay) co_await replay(std::move(letter));
    // Whoever asked wants to know how it went.
    if (!answer.replay.empty()) progress.notify();
}

awaitable<> Consumer::State::replay(std::string letter) {
    std::string cause;
    try {
        auto transaction = co_await pool.begin();
        const auto event = co_await dead_letters::take(transaction, options.name, letter);
        // Another instance has it, or it is done.
        if (!event) co_return;
        const auto handler = handlers.find(event->type);
        const bool first_time = co_await checkpoints::is_first_time(transaction, options.name, *event);
        if (first_time && handler != handlers.end()) co_await handler->second.handle(transaction, *event);
        co_await transaction.commit();
        if (first_time && handler != handlers.end() && handler->second.committed) handler->second.committed();
        log::info("dead letter applied", {{"consumer", options.name}, {"id", letter}, {"type", event->type}});
    } catch (const boost::system::system_error& error) {
        if (error.code() == net::error::operation_aborted) throw;
        cause = error.what();
    } catch (const std::exception& error) {  // whatever the handler threw: the letter stays, with the newest reason
        cause = error.what();
    }
    if (!cause.empty()) co_await dead_letters::note_attempt(pool, options.name, letter, std::move(cause));
}

awaitable<> Consumer::State::wait_while_paused(std::string type, std::int64_t position) {
    while (action_for(rules, type) == RouteAction::pause) {
        if (!paused) log::info("consumer is paused", {{"consumer", options.name}, {"type", type}, {"position", position}});
        paused = true;
        held = HeldEvent{.position = position};
        co_await rules_changed.wait_for(options.report_idle);
    }
    if (paused) held.reset();
    paused = false;
}

}  // namespace darkroom::bus
