#include "platform/bus/consumer.hpp"

#include "platform/async/deadline.hpp"
#include "platform/bus/checkpoints.hpp"
#include "platform/bus/consumer_state.hpp"
#include "platform/core/log.hpp"

#include <charconv>

namespace darkroom::bus {

namespace {

constexpr Milliseconds prune_interval = 1h;

/// Nobody's event is to blame: wait until the other side is back.
bool is_outage(const Error& error) {
    return error.kind == Kind::unavailable || error.kind == Kind::upstream_failed || error.kind == Kind::timed_out ||
           error.kind == Kind::rate_limited;
}

std::optional<std::int64_t> number_from(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

Consumer::State::State(Executor executor, pg::Pool& p, redis::Subscriber& s, Fetcher f, ConsumerOptions o,
                       std::vector<EventHandler> h)
    : pool(p),
      subscriber(s),
      fetch(std::move(f)),
      options(std::move(o)),
      news(executor),
      progress(executor),
      rules_changed(executor),
      backoff_(options.first_backoff, options.max_backoff) {
    for (auto& handler : h) {
        auto type = handler.type;
        handlers.emplace(std::move(type), std::move(handler));
    }
}

// ---- what Pub/Sub tells: hints, never the truth -------------------------------------------------------------------------

void Consumer::State::on_message(std::string_view payload) {
    const auto space = payload.find(' ');
    if (space == std::string_view::npos) return;
    const auto rest = payload.substr(space + 1);
    if (payload.starts_with("H ")) {
        if (const auto head = number_from(rest)) sequencer.on_head(*head);
    } else if (const auto position = number_from(payload.substr(0, space))) {
        auto event = envelope_from_json(rest);
        if (event) {
            event->position = *position;
            sequencer.on_live(std::move(*event));
        } else {
            sequencer.on_head(*position);
        }
    }
    if (sequencer.next() != nullptr || sequencer.must_fetch()) news.notify();
}

void Consumer::State::on_doubt() {
    sequencer.on_doubt();
    news.notify();
}

// ---- the loop ----------------------------------------------------------------------------------------------------------

awaitable<> Consumer::State::run() {
    const auto self = shared_from_this();
    while (true) {
        std::string cause;
        try {
            co_await turn();
        } catch (const boost::system::system_error& error) {
            if (error.code() == net::error::operation_aborted) throw;
            cause = error.what();
        } catch (const std::exception& error) {
            cause = error.what();
        }
        if (cause.empty()) continue;
        log::warning("consumer waits", {{"consumer", options.name}, {"error", cause}});
        co_await pause_for(backoff_.next());
        // Whatever was under way, the truth is in the database and in the store.
        sequencer.on_doubt();
    }
}

awaitable<> Consumer::State::turn() {
    if (!loaded_) co_await load_checkpoint();
    if (const auto* event = sequencer.next()) {
        co_await handle(*event);
    } else if (sequencer.must_fetch()) {
        co_await fetch_page();
    } else {
        co_await wait_for_news();
    }
}

awaitable<> Consumer::State::load_checkpoint() {
    checkpoint_ = co_await checkpoints::load(pool, options.name);
    sequencer.on_checkpoint(checkpoint_);
    loaded_ = true;
}

awaitable<> Consumer::State::fetch_page() {
    sequencer.fetching();
    auto page = co_await fetch(sequencer.last(), options.page);
    sequencer.on_page(std::move(page));
    stats.gaps = sequencer.gaps();
    backoff_.reset();
    progress.notify();
}

awaitable<> Consumer::State::wait_for_news() {
    const auto seen = news.count();
    const bool behind = sequencer.last() != checkpoint_;
    if (behind && SteadyClock::now() - checkpoint_written_ >= options.checkpoint_interval) co_await write_checkpoint();
    if (SteadyClock::now() - inbox_pruned_ >= prune_interval) {
        inbox_pruned_ = SteadyClock::now();
        co_await checkpoints::prune_inbox(pool, options.name);
    }
    const auto poll = subscriber.connected() ? options.poll_with_redis : options.poll_without_redis;
    co_await news.wait_past(seen, behind ? std::min(poll, options.checkpoint_interval) : poll);
    if (news.count() == seen && !behind) sequencer.on_doubt();
}

// ---- one event ---------------------------------------------------------------------------------------------------------

awaitable<> Consumer::State::handle(Envelope event) {
    const auto handler = handlers.find(event.type);
    if (handler == handlers.end()) {
        moved(event.position);
        co_return;
    }
    const auto action = action_for(rules, event.type);
    if (action == RouteAction::pause) co_await wait_while_paused(event.type, event.position);
    if (action_for(rules, event.type) == RouteAction::exclude) {
        moved(event.position);
        co_return;
    }
    std::string cause;
    bool counts = true;
    try {
        co_await apply(handler->second, event);
    } catch (const Failure& failure) {
        cause = failure.error().detail;
        counts = !is_outage(failure.error());
    } catch (const boost::system::system_error& error) {
        if (error.code() == net::error::operation_aborted) throw;
        cause = error.what();
    } catch (const std::exception& error) {
        cause = error.what();
    }
    if (cause.empty()) {
        backoff_.reset();
        held.reset();
    } else {
        co_await after_failure(event, std::move(cause), counts);
    }
}

awaitable<> Consumer::State::apply(const EventHandler& handler, const Envelope& event) {
    auto transaction = co_await pool.begin();
    const bool ours = co_await checkpoints::advance(transaction, options.name, checkpoint_, event.position);
    if (!ours) {
        loaded_ = false;
        co_return;
    }
    const bool first_time = co_await checkpoints::is_first_time(transaction, options.name, event);
    if (first_time) co_await handler.handle(transaction, event);
    co_await transaction.commit();
    if (first_time && handler.committed) handler.committed();
    if (first_time) ++stats.applied;
    checkpoint_ = event.position;
    moved(event.position);
}

void Consumer::State::moved(std::int64_t position) {
    sequencer.applied(position);
    stats.position = position;
    progress.notify();
}

awaitable<> Consumer::State::after_failure(const Envelope& event, std::string error, bool counts) {
    ++stats.retried;
    if (std::exchange(failing_position_, event.position) != event.position) attempts_ = 0;
    if (counts) ++attempts_;
    held = HeldEvent{event.position, attempts_, error};
    progress.notify();
    log::warning("event not applied", {{"consumer", options.name},
                                       {"position", event.position},
                                       {"type", event.type},
                                       {"attempt", attempts_},
                                       {"error", error}});
    // A COMMIT whose answer was lost may have moved the checkpoint.
    loaded_ = false;
    if (attempts_ >= options.max_attempts) {
        co_await dead_letter(event, std::move(error));
    } else {
        co_await pause_for(backoff_.next());
    }
}

awaitable<> Consumer::State::dead_letter(const Envelope& event, std::string error) {
    auto transaction = co_await pool.begin();
    const bool ours = co_await checkpoints::advance(transaction, options.name, checkpoint_, event.position);
    if (!ours) co_return;
    co_await checkpoints::park(transaction, options.name, event, std::move(error), attempts_);
    co_await transaction.commit();
    ++stats.dead_lettered;
    held.reset();
    backoff_.reset();
    checkpoint_ = event.position;
    moved(event.position);
}

awaitable<> Consumer::State::write_checkpoint() {
    const auto position = sequencer.last();
    auto transaction = co_await pool.begin();
    const bool ours = co_await checkpoints::advance(transaction, options.name, checkpoint_, position);
    co_await transaction.commit();
    checkpoint_written_ = SteadyClock::now();
    if (ours) {
        checkpoint_ = position;
    } else {
        loaded_ = false;
    }
}

awaitable<bool> Consumer::State::catch_up(Milliseconds limit) {
    const auto self = shared_from_this();
    const auto until = SteadyClock::now() + limit;
    try {
        const auto page = co_await with_deadline(limit, "the event bus", fetch(sequencer.last(), 1));
        sequencer.on_head(page.head);
        news.notify();
        while (sequencer.last() < page.head) {
            const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
            if (left <= 0ms) co_return false;
            co_await progress.wait_for(left);
        }
    } catch (const Failure&) {  // the bus is away: not caught up
        co_return false;
    }
    co_return true;
}

// ---- Consumer ----------------------------------------------------------------------------------------------------------

Consumer::Consumer(Executor executor, pg::Pool& pool, redis::Subscriber& subscriber, Fetcher fetch, ConsumerOptions options,
                   std::vector<EventHandler> handlers)
    : state_(std::make_shared<State>(executor, pool, subscriber, std::move(fetch), std::move(options), std::move(handlers))) {
    const std::weak_ptr<State> weak = state_;
    subscriber.subscribe(events_channel, [weak](std::string_view payload) {
        if (const auto state = weak.lock()) state->on_message(payload);
    });
    // Away: the wait under way was meant for a connected consumer, who may wait far longer.
    const auto look_at_store = [weak] {
        if (const auto state = weak.lock()) state->on_doubt();
    };
    subscriber.on_connected(look_at_store);
    subscriber.on_disconnected(look_at_store);
}

Consumer::~Consumer() = default;

awaitable<> Consumer::run() {
    return state_->run();
}

awaitable<bool> Consumer::catch_up(Milliseconds limit) {
    return state_->catch_up(limit);
}

awaitable<> Consumer::keep_reporting(Reporter reporter) {
    return state_->keep_reporting(std::move(reporter));
}

ConsumerStats Consumer::stats() const {
    auto stats = state_->stats;
    stats.head = state_->sequencer.head();
    stats.position = state_->sequencer.last();
    return stats;
}

}  // namespace darkroom::bus
