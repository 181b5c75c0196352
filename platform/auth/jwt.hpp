// JSON Web Tokens: RFC 7519, RFC 7515 (compact), RFC 8037 (Ed25519), RFC 9068 (at+jwt). The algorithm is fixed by the key,
// never by the token.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/core/secret.hpp"
#include "platform/json/described.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace darkroom::auth {

/// Signs with one Ed25519 private key. Thread-compatible.
class SigningKey {
public:
    /// PEM (PKCS #8). Throws std::runtime_error for anything but an Ed25519 private key.
    static SigningKey from_pem(const Secret& pem);
    static SigningKey generate();
    SigningKey(SigningKey&&) noexcept;
    ~SigningKey();

    /// RFC 7638 thumbprint.
    const std::string& key_id() const;
    /// The public half as a JWK with kid, alg and use.
    json::Object public_jwk() const;
    /// header.payload.signature. Only the type at+jwt is ever taken for an access token.
    std::string sign(const json::Object& claims, std::string_view type = "at+jwt") const;

private:
    struct State;
    explicit SigningKey(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Public keys by key id, from a JWKS document. Unknown key types are skipped. Immutable.
class KeySet {
public:
    KeySet();
    static Result<KeySet> parse(std::string_view jwks);
    KeySet(KeySet&&) noexcept;
    KeySet& operator=(KeySet&&) noexcept;
    ~KeySet();
    bool has(std::string_view key_id) const;
    bool empty() const;

    /// The claims of a token whose signature is right; checks compact form, typ, alg against the key, kid. Not exp, iss, aud:
    /// see `check_claims`. Every refusal is Kind::unauthenticated, "invalid_token".
    Result<json::Object> verify(std::string_view token) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What a verifier demands beside a good signature.
struct ClaimRules {
    std::string issuer = "darkroom-auth";
    /// One of these must be in `aud`: "darkroom" for users' tokens, the service's own name for services'.
    std::vector<std::string> audiences;
    Seconds leeway{5};
};

/// The caller that the claims describe; refuses an expired or not yet valid token, a wrong issuer or audience, missing claims.
Result<Caller> caller_from(const json::Object& claims, const ClaimRules& rules, Timestamp now);

/// The key id named by a token's header, or empty.
std::string_view key_id_of(std::string_view token, std::string& buffer);

}  // namespace darkroom::auth
