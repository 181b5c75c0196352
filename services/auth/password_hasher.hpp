// bcrypt, off the loop.
#pragma once

#include "platform/async/cpu_pool.hpp"
#include "services/auth/domain/password.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

/// `$2b$` by libxcrypt over base64(HMAC-SHA-256(fixed key, password)): bcrypt itself cuts at 72 bytes and at NUL, so every
/// password is brought to 44 plain characters first. The key is fixed and public. It is no pepper (losing it would lose every
/// account); it keeps a hash found elsewhere, a bare SHA-256 say, from being tried here ("password shucking").
std::string bcrypt_hash(std::string_view password, int cost);
/// False also for a text that is no bcrypt hash.
bool bcrypt_matches(std::string_view password, const std::string& hash);

class PasswordHasher {
public:
    /// Every hash costs 2^`cost` rounds: 12 takes about 200 ms of one core.
    PasswordHasher(CpuPool& cpu, int cost) : cpu_(cpu), cost_(cost) {}

    awaitable<std::string> hash(Password password);
    /// Takes the same time without a hash (no such account), and is false then.
    awaitable<bool> verify(Secret password, std::optional<std::string> hash);
    /// True when the hash was made with another cost, so that the next sign-in should replace it.
    bool is_outdated(std::string_view hash) const;

private:
    CpuPool& cpu_;
    int cost_;
};

}  // namespace darkroom::accounts
