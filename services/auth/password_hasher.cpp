#include "services/auth/password_hasher.hpp"

#include "platform/core/encoding.hpp"

#include <crypt.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace darkroom::accounts {

namespace {

constexpr std::string_view prehash_key = "darkroom/password/v1";
constexpr std::size_t salt_bytes = 16;

std::string prehash(std::string_view password) {
    const auto digest = hmac_sha256(prehash_key, password);
    return base64_encode(view_of(digest));
}

/// crypt(3) with `setting`, which is a salt or a whole hash; empty when the setting is not understood.
std::string crypt_with(std::string_view password, const std::string& setting) {
    // 32 KiB of scratch memory: too much for a stack, and wiped by crypt_rn on its way out.
    const auto scratch = std::make_unique<crypt_data>();
    const char* hash = crypt_rn(prehash(password).c_str(), setting.c_str(), scratch.get(), sizeof(crypt_data));
    return hash == nullptr ? std::string() : std::string(hash);
}

/// A well-formed hash of nothing: comparing with it takes as long as with any other of its cost.
std::string dummy_hash(int cost) {
    return fmt::format("$2b${:02}${:.<53}", cost, "");
}

}  // namespace

std::string bcrypt_hash(std::string_view password, int cost) {
    std::array<unsigned char, salt_bytes> salt{};
    random_bytes(salt);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    const auto* random = view_of(salt).data();
    if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), random, salt_bytes, setting.data(),
                         static_cast<int>(setting.size())) == nullptr) {
        throw std::runtime_error("libcrypt does not know bcrypt $2b$");
    }
    auto hash = crypt_with(password, setting.data());
    if (hash.empty()) throw std::runtime_error("bcrypt failed");
    return hash;
}

bool bcrypt_matches(std::string_view password, const std::string& hash) {
    if (!hash.starts_with("$2b$")) return false;
    const auto computed = crypt_with(password, hash);
    return !computed.empty() && constant_time_equal(computed, hash);
}

awaitable<std::string> PasswordHasher::hash(Password password) {
    const auto work = [password = std::move(password), cost = cost_] { return bcrypt_hash(password.text(), cost); };
    auto running = cpu_.run(work);
    co_return co_await std::move(running);
}

awaitable<bool> PasswordHasher::verify(Secret password, std::optional<std::string> hash) {
    const bool known = hash.has_value();
    const auto work = [password = std::move(password), against = known ? std::move(*hash) : dummy_hash(cost_)] {
        return bcrypt_matches(password.reveal(), against);
    };
    auto running = cpu_.run(work);
    const bool matches = co_await std::move(running);
    co_return known&& matches;
}

bool PasswordHasher::is_outdated(std::string_view hash) const {
    return !hash.starts_with(fmt::format("$2b${:02}$", cost_));
}

}  // namespace darkroom::accounts
