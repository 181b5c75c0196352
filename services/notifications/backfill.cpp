#include "services/notifications/backfill.hpp"

#include "events/user_created.hpp"
#include "events/user_deleted.hpp"
#include "events/user_updated.hpp"
#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::notifications {

namespace {

constexpr std::int64_t page_size = 1000;
constexpr Milliseconds retry = 2s;

bool tells_of_an_account(const bus::Envelope& envelope) {
    return envelope.type == events::UserCreated::type || envelope.type == events::UserUpdated::type;
}

}  // namespace

Result<Recipient> recipient_of(const bus::Envelope& envelope) {
    auto facts = bus::decode_data<events::UserFacts>(envelope);
    if (!facts) return facts.error();
    return Recipient{UserId::trusted(std::move(facts->user_id)),
                     std::move(facts->email),
                     std::move(facts->username),
                     std::move(facts->role),
                     std::move(facts->status),
                     facts->version,
                     facts->created_at};
}

awaitable<> Backfill::run() {
    while (true) {
        std::string problem;
        try {
            const bool finished = co_await read_page();
            if (finished) co_return;
            continue;
        } catch (const Failure& failure) {  // the bus or the database is away: tried again
            problem = failure.error().detail;
        }
        log::debug("older accounts cannot be read yet", {{"reason", problem}});
        co_await pause_for(retry);
    }
}

awaitable<bool> Backfill::read_page() {
    const auto position = co_await recipients_.backfill_position();
    if (!position) co_return true;
    const auto page = co_await fetch_(*position, page_size);
    auto transaction = co_await pool_.begin();
    for (const auto& envelope : page.events) co_await apply(transaction, envelope);
    const bool finished = page.events.empty() || page.next_after >= page.head;
    co_await recipients_.set_backfill_position(transaction, page.next_after, finished);
    co_await transaction.commit();
    co_return finished;
}

awaitable<> Backfill::apply(pg::Transaction& transaction, bus::Envelope envelope) {
    if (tells_of_an_account(envelope)) {
        auto recipient = recipient_of(envelope);
        // What breaks the contract is the consumer's to park.
        if (recipient) co_await recipients_.remember(transaction, std::move(*recipient));
    } else if (envelope.type == events::UserDeleted::type && envelope.user_id) {
        co_await recipients_.forget(transaction, UserId::trusted(*envelope.user_id));
    }
}

}  // namespace darkroom::notifications
