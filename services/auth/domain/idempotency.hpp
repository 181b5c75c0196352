// Idempotency-Key: a request that is sent again gives the first answer and makes nothing second.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::accounts {

/// How long a key is remembered.
inline constexpr std::chrono::hours idempotency_memory{24};

struct IdempotentRequest {
    /// Keys of different callers have nothing to do with each other; those who are not signed in are one caller.
    std::string caller;
    std::string key;
    /// Caller, key, endpoint and body. Passwords are in it, so it is never stored, not even hashed: the answer is sealed for
    /// it.
    Secret content;
};

/// nullopt for an empty `key` (no header); Kind::invalid unless it is 1 to 255 visible ASCII characters.
Result<std::optional<IdempotentRequest>> idempotent_request(const auth::Caller& caller, std::string_view key,
                                                            std::string_view endpoint, std::string_view body);

}  // namespace darkroom::accounts
