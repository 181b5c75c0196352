// Encrypts what this service must be able to read again (authenticator secrets): a dump of the database alone gives nobody a
// code.
#pragma once

#include "platform/core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::accounts {

/// AES-256-GCM with a random nonce; what it is sealed for (an account's id) is authenticated with it, so that a sealed text
/// cannot be moved to another row. Thread-safe.
class SecretBox {
public:
    /// 32 bytes in base64 or base64url. Throws std::runtime_error for anything else.
    explicit SecretBox(const Secret& key);

    std::string seal(std::string_view plain, std::string_view bound_to) const;
    /// nullopt when the text was changed, was sealed for something else or under another key.
    std::optional<Secret> open(std::string_view sealed, std::string_view bound_to) const;

private:
    Secret key_;
};

}  // namespace darkroom::accounts
