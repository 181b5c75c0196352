// Idempotency-Key: a request that is sent again gives the first answer and makes nothing second.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/core/error.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom::images {

/// How long a key is remembered.
inline constexpr std::chrono::hours idempotency_memory{24};

struct IdempotentRequest {
    /// Keys of different callers have nothing to do with each other.
    std::string caller;
    std::string key;
    /// Equal requests have equal ones.
    std::string fingerprint;
};

/// nullopt for an empty `key` (no header); Kind::invalid unless it is 1 to 255 visible ASCII characters. `parts` are what the
/// request asks for, first its endpoint.
Result<std::optional<IdempotentRequest>> idempotent_request(const auth::Caller& caller, std::string_view key,
                                                            std::span<const std::string_view> parts);

}  // namespace darkroom::images
