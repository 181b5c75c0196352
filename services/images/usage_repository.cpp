#include "services/images/usage_repository.hpp"

#include "events/quota_warning.hpp"
#include "platform/bus/outbox.hpp"
#include "services/images/domain/errors.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

namespace {

struct Counted {
    std::int64_t used_bytes = 0;
    Quota limit_bytes;
    bool warned = false;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (used_bytes, limit_bytes, warned))

constexpr pg::Query add_usage{"usage.charge", R"sql(
    INSERT INTO images.usage AS usage (user_id, used_bytes, limit_bytes) VALUES ($1, $2, $4)
    ON CONFLICT (user_id) DO UPDATE
    SET used_bytes = usage.used_bytes + $2, limit_bytes = CASE WHEN $3 THEN excluded.limit_bytes ELSE usage.limit_bytes END
    RETURNING used_bytes, limit_bytes, warned
)sql"};

constexpr pg::Query set_warned{"usage.set_warned", "UPDATE images.usage SET warned = $2 WHERE user_id = $1"};

constexpr pg::Query subtract_usage{"usage.give_back", R"sql(
    UPDATE images.usage SET used_bytes = greatest(used_bytes - $2, 0)
    WHERE user_id = $1 RETURNING used_bytes, limit_bytes, warned
)sql"};

constexpr pg::Query delete_usage{"usage.forget", "DELETE FROM images.usage WHERE user_id = $1"};

constexpr pg::Query find_usage{"usage.of", "SELECT used_bytes, limit_bytes FROM images.usage WHERE user_id = $1"};

constexpr pg::Query note_limit{"usage.note_limit", R"sql(
    UPDATE images.usage SET limit_bytes = $2 WHERE user_id = $1 AND limit_bytes IS DISTINCT FROM $2
)sql"};

constexpr pg::Query sum_usage{"usage.total", "SELECT coalesce(sum(used_bytes), 0)::bigint FROM images.usage"};

}  // namespace

awaitable<Result<void>> UsageRepository::charge(pg::Transaction& transaction, Charge charge) {
    const auto counted = co_await transaction.one<Counted>(add_usage, charge.user_id, charge.bytes, charge.quota.has_value(),
                                                           charge.quota.value_or(Quota{}));
    if (charge.enforced && counted.limit_bytes && counted.used_bytes > *counted.limit_bytes) {
        co_return quota_exceeded(counted.used_bytes - charge.bytes, charge.bytes, *counted.limit_bytes);
    }
    const bool warn = is_nearly_full(counted.used_bytes, counted.limit_bytes);
    if (warn == counted.warned) co_return Result<void>{};
    co_await transaction.execute(set_warned, charge.user_id, warn);
    if (warn) {
        const auto limit = counted.limit_bytes.value_or(0);
        const events::QuotaWarning event{charge.user_id.text(), counted.used_bytes, limit,
                                         percent_used(counted.used_bytes, limit)};
        const bus::EventContext context{service_name, charge.correlation_id, charge.user_id.text()};
        co_await bus::outbox::append(transaction, event, context);
    }
    co_return Result<void>{};
}

awaitable<> UsageRepository::give_back(pg::Transaction& transaction, UserId user, std::int64_t bytes) {
    const auto counted = co_await transaction.maybe<Counted>(subtract_usage, user, bytes);
    if (!counted || !counted->warned || is_nearly_full(counted->used_bytes, counted->limit_bytes)) co_return;
    co_await transaction.execute(set_warned, user, false);
}

awaitable<> UsageRepository::forget(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(delete_usage, user);
}

awaitable<Usage> UsageRepository::of(UserId user, std::optional<Quota> quota) {
    if (quota) co_await pool_.execute(note_limit, user, *quota);
    const auto found = co_await pool_.maybe<Usage>(find_usage, user);
    if (found) co_return *found;
    Usage nothing;
    nothing.limit_bytes = quota.value_or(Quota{});
    co_return nothing;
}

awaitable<std::int64_t> UsageRepository::total() {
    return pool_.one<std::int64_t>(sum_usage);
}

}  // namespace darkroom::images
