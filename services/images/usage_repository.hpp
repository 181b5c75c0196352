// images.usage: what each user stores and may store. Every change is in one transaction with what it counts.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/images/domain/quotas.hpp"
#include "services/images/domain/records.hpp"

namespace darkroom::images {

struct Usage {
    std::int64_t used_bytes = 0;
    Quota limit_bytes;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (used_bytes, limit_bytes))

/// Bytes that are about to be stored.
struct Charge {
    UserId user_id;
    std::int64_t bytes = 0;
    /// The owner's quota when the owner asks; otherwise what was last known of it holds.
    std::optional<Quota> quota{};
    /// False for those who store things for somebody else: an admin or a service.
    bool enforced = true;
    std::string correlation_id{};
};

class UsageRepository {
public:
    explicit UsageRepository(pg::Pool& pool) : pool_(pool) {}

    /// Counts the bytes, with quota.warning when that crosses nine tenths. Locks the user's row to the transaction's end, so
    /// that two uploads at a time cannot pass the quota together. quota_exceeded: the transaction must not be committed.
    awaitable<Result<void>> charge(pg::Transaction& transaction, Charge charge);
    awaitable<> give_back(pg::Transaction& transaction, UserId user, std::int64_t bytes);
    /// The user is gone.
    awaitable<> forget(pg::Transaction& transaction, UserId user);

    /// What is stored now. `quota` is the owner's, when it is the owner who asks: it is remembered.
    awaitable<Usage> of(UserId user, std::optional<Quota> quota);
    /// Of everybody.
    awaitable<std::int64_t> total();

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::images
