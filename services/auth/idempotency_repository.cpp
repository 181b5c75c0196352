#include "services/auth/idempotency_repository.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

namespace {

/// No row when there is a live key.
constexpr pg::Query claim_key{"idempotency.claim", R"sql(
    INSERT INTO auth.idempotency_keys AS known (caller, key) VALUES ($1, $2)
    ON CONFLICT (caller, key) DO UPDATE SET account_id = NULL, sealed_answer = '', created_at = now()
    WHERE known.created_at < now() - $3::interval
)sql"};

constexpr pg::Query find_answer{"idempotency.find", R"sql(
    SELECT sealed_answer FROM auth.idempotency_keys WHERE caller = $1 AND key = $2
)sql"};

constexpr pg::Query set_answer{"idempotency.remember", R"sql(
    UPDATE auth.idempotency_keys SET account_id = $3, sealed_answer = $4 WHERE caller = $1 AND key = $2
)sql"};

constexpr pg::Query delete_old{"idempotency.forget_old", R"sql(
    DELETE FROM auth.idempotency_keys WHERE created_at < now() - $1::interval
)sql"};

}  // namespace

awaitable<Creation> IdempotencyRepository::begin(std::optional<IdempotentRequest> request, pg::ConstraintErrors errors) {
    if (request && !box_) fail(idempotency_unavailable());
    Creation creation{co_await pool_.begin(errors), std::move(request)};
    if (!creation.request) co_return creation;
    const auto& wanted = *creation.request;
    const auto claimed = co_await creation.transaction.execute(claim_key, wanted.caller, wanted.key, idempotency_memory);
    if (claimed == 1) co_return creation;
    const auto sealed = co_await creation.transaction.one<std::string>(find_answer, wanted.caller, wanted.key);
    creation.earlier = box_->open(sealed, wanted.content.reveal());
    if (!creation.earlier) fail(idempotency_key_reused());
    co_return creation;
}

awaitable<> IdempotencyRepository::commit(Creation creation, UserId account, std::string answer) {
    if (creation.request) {
        const auto& made = *creation.request;
        const auto sealed = box_->seal(answer, made.content.reveal());
        co_await creation.transaction.execute(set_answer, made.caller, made.key, account, sealed);
    }
    co_await creation.transaction.commit();
}

awaitable<> IdempotencyRepository::forget_old() {
    co_await pool_.execute(delete_old, idempotency_memory);
}

}  // namespace darkroom::accounts
