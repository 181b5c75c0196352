// Events that a transaction promises: stored with the change they tell of, sent by the relay afterwards.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/core/embedded.hpp"
#include "platform/pg/pool.hpp"

#include <span>

namespace darkroom::bus {

/// outbox, checkpoints, inbox and dead_letters: every service applies these before its own.
std::span<const EmbeddedFile> migrations();

}  // namespace darkroom::bus

namespace darkroom::bus::outbox {

/// The event is published if and only if `transaction` commits.
awaitable<> append(pg::Transaction& transaction, Envelope envelope);

/// The same for a described event (events/*.hpp).
template <class Event>
awaitable<> append(pg::Transaction& transaction, const Event& event, EventContext context) {
    return append(transaction, make_envelope(event, std::move(context)));
}

}  // namespace darkroom::bus::outbox
