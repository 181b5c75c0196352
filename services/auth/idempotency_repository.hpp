// auth.idempotency_keys: what is made at most once per Idempotency-Key.
//
//     auto creation = co_await idempotency.begin(request, constraint_errors);
//     if (creation.earlier) …                       // made before: this was the answer
//     …                                             // make it in creation.transaction
//     co_await idempotency.commit(std::move(creation), account, answer);
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/domain/idempotency.hpp"
#include "services/auth/secret_box.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

struct Creation {
    pg::Transaction transaction;
    std::optional<IdempotentRequest> request{};
    /// What the same request was answered before, as JSON.
    std::optional<Secret> earlier{};
};

class IdempotencyRepository {
public:
    /// `box` seals the answers: some hold a secret that is shown once.
    IdempotencyRepository(pg::Pool& pool, std::optional<SecretBox> box) : pool_(pool), box_(std::move(box)) {}

    /// A new key is locked from here on: an equal request waits until this transaction ends. Without `request` nothing is
    /// remembered. 422 idempotency_key_reused when the key was another request's; 503 idempotency_unavailable without a box.
    awaitable<Creation> begin(std::optional<IdempotentRequest> request, pg::ConstraintErrors errors = {});
    /// Remembers the answer with the account that it is about, and commits.
    awaitable<> commit(Creation creation, UserId account, std::string answer);
    /// Keys older than idempotency_memory.
    awaitable<> forget_old();

private:
    pg::Pool& pool_;
    std::optional<SecretBox> box_;
};

}  // namespace darkroom::accounts
