// images.idempotency_keys
#pragma once

#include "platform/pg/pool.hpp"
#include "services/images/domain/idempotency.hpp"

namespace darkroom::images {

class IdempotencyRepository {
public:
    explicit IdempotencyRepository(pg::Pool& pool) : pool_(pool) {}

    /// The answer that the same request got before; nullopt for a new key, which is locked from here on: an equal request waits
    /// until this transaction ends. Fails with idempotency_key_reused when it was another request.
    awaitable<std::optional<std::string>> claim(pg::Transaction& transaction, IdempotentRequest request);
    /// After `claim` gave nullopt, in the same transaction.
    awaitable<> remember(pg::Transaction& transaction, IdempotentRequest request, std::string answer);
    /// Keys older than idempotency_memory.
    awaitable<std::int64_t> forget_old();

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::images
