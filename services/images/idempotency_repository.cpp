#include "services/images/idempotency_repository.hpp"

#include "services/images/domain/errors.hpp"

namespace darkroom::images {

namespace {

struct Remembered {
    std::string fingerprint;
    std::string answer;
};
BOOST_DESCRIBE_STRUCT(Remembered, (), (fingerprint, answer))

/// No row when there is a live key.
constexpr pg::Query claim_key{"idempotency.claim", R"sql(
    INSERT INTO images.idempotency_keys AS known (caller, key, fingerprint) VALUES ($1, $2, $3)
    ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = '', created_at = now()
    WHERE known.created_at < now() - $4::interval
)sql"};

constexpr pg::Query find_key{"idempotency.find", R"sql(
    SELECT fingerprint, answer FROM images.idempotency_keys WHERE caller = $1 AND key = $2
)sql"};

constexpr pg::Query set_answer{"idempotency.remember", R"sql(
    UPDATE images.idempotency_keys SET answer = $3 WHERE caller = $1 AND key = $2
)sql"};

constexpr pg::Query delete_old{"idempotency.forget_old", R"sql(
    DELETE FROM images.idempotency_keys WHERE created_at < now() - $1::interval
)sql"};

}  // namespace

awaitable<std::optional<std::string>> IdempotencyRepository::claim(pg::Transaction& transaction, IdempotentRequest request) {
    const auto claimed =
        co_await transaction.execute(claim_key, request.caller, request.key, request.fingerprint, idempotency_memory);
    if (claimed == 1) co_return std::nullopt;
    const auto known = co_await transaction.one<Remembered>(find_key, request.caller, request.key);
    if (known.fingerprint != request.fingerprint) fail(idempotency_key_reused());
    co_return known.answer;
}

awaitable<> IdempotencyRepository::remember(pg::Transaction& transaction, IdempotentRequest request, std::string answer) {
    co_await transaction.execute(set_answer, request.caller, request.key, answer);
}

awaitable<std::int64_t> IdempotencyRepository::forget_old() {
    return pool_.execute(delete_old, idempotency_memory);
}

}  // namespace darkroom::images
