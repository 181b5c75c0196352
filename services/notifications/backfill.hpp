// Reads the bus's log once, from its beginning, for the accounts that were made before this service remembered accounts.
#pragma once

#include "platform/bus/consumer.hpp"
#include "services/notifications/recipients_repository.hpp"

namespace darkroom::notifications {

/// Of user.created and user.updated alike.
Result<Recipient> recipient_of(const bus::Envelope& envelope);

/// Harmless when several instances do it at once: an account's newest version wins.
class Backfill {
public:
    Backfill(pg::Pool& pool, RecipientsRepository& recipients, bus::Fetcher fetch)
        : pool_(pool), recipients_(recipients), fetch_(std::move(fetch)) {}

    /// Returns when everything has been read; waits for a bus or a database that is away.
    awaitable<> run();

private:
    awaitable<bool> read_page();
    awaitable<> apply(pg::Transaction& transaction, bus::Envelope envelope);

    pg::Pool& pool_;
    RecipientsRepository& recipients_;
    bus::Fetcher fetch_;
};

}  // namespace darkroom::notifications
