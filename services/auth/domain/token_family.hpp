// The refresh tokens of one session: a chain of which only the last link is good (RFC 9700 §4.14.2).
#pragma once

#include "platform/core/ids.hpp"
#include "platform/core/secret.hpp"
#include "platform/core/time.hpp"

#include <boost/describe.hpp>

#include <optional>

namespace darkroom::accounts {

struct TokenHashTag {};
/// SHA-256 of a token, in hexadecimal. Enough for a random token of 256 bits; bcrypt is for what people choose.
using TokenHash = Id<TokenHashTag>;

/// What the client holds. Only its hash is ever stored.
class OpaqueToken {
public:
    static OpaqueToken create();
    static OpaqueToken from(std::string_view text) { return OpaqueToken(Secret(std::string(text))); }
    std::string_view reveal() const { return secret_.reveal(); }
    TokenHash hash() const;

private:
    explicit OpaqueToken(Secret secret) : secret_(std::move(secret)) {}
    Secret secret_;
};

/// What is stored of a family.
struct TokenFamilyState {
    SessionId session_id{};
    UserId account_id{};
    TokenHash current_token{};
    Timestamp expires_at{};
    std::optional<Timestamp> revoked_at{};
};
BOOST_DESCRIBE_STRUCT(TokenFamilyState, (), (session_id, account_id, current_token, expires_at, revoked_at))

class TokenFamily {
public:
    static TokenFamily start(UserId account_id, Timestamp now, Seconds life);
    explicit TokenFamily(TokenFamilyState state) : state_(std::move(state)) {}

    /// The token that `start` or the last `rotate` made; what was read from storage knows only its hash.
    const OpaqueToken& current() const { return issued_.value(); }
    const TokenFamilyState& state() const { return state_; }
    bool is_revoked() const { return state_.revoked_at.has_value(); }

    /// Trades the current token for a new one that lives for `life`. `presented` must be one that this family has issued; any
    /// but the current one has been used before, and the whole family is revoked.
    Result<void> rotate(const OpaqueToken& presented, Timestamp now, Seconds life);

private:
    TokenFamilyState state_;
    std::optional<OpaqueToken> issued_;
};

}  // namespace darkroom::accounts
