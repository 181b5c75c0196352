#include "platform/bus/outbox.hpp"

namespace darkroom::bus::outbox {

namespace {

// The trigger of the table wakes the relay when the transaction commits.
constexpr pg::Query append_event{"outbox.append", R"sql(
    INSERT INTO outbox (id, type, source, created_at, data, correlation_id, user_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

}  // namespace

awaitable<> append(pg::Transaction& transaction, Envelope envelope) {
    co_await transaction.execute(append_event, envelope.id, envelope.type, envelope.source, envelope.timestamp, envelope.data,
                                 envelope.correlation_id, envelope.user_id);
}

}  // namespace darkroom::bus::outbox
