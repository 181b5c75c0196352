#include "services/auth/domain/token_family.hpp"

#include "platform/core/encoding.hpp"
#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

OpaqueToken OpaqueToken::create() {
    return OpaqueToken(Secret(random_token(32)));
}

TokenHash OpaqueToken::hash() const {
    return TokenHash::trusted(sha256_hex(secret_.reveal()));
}

TokenFamily TokenFamily::start(UserId account_id, Timestamp now, Seconds life) {
    auto token = OpaqueToken::create();
    TokenFamily family({SessionId::create(), std::move(account_id), token.hash(), now + life, std::nullopt});
    family.issued_ = std::move(token);
    return family;
}

Result<void> TokenFamily::rotate(const OpaqueToken& presented, Timestamp now, Seconds life) {
    if (is_revoked()) return session_revoked();
    // We cannot tell thief from owner, so both lose the session.
    if (presented.hash() != state_.current_token) {
        state_.revoked_at = now;
        return refresh_token_reused();
    }
    if (now >= state_.expires_at) return refresh_token_expired();
    issued_ = OpaqueToken::create();
    state_.current_token = issued_->hash();
    state_.expires_at = now + life;
    return {};
}

}  // namespace darkroom::accounts
