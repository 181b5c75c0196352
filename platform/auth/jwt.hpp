// JSON Web Tokens: RFC 7519, RFC 7515 (compact), RFC 9068 (at+jwt). The algorithm is fixed by the key (key_material.hpp), never
// by the token.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/auth/key_material.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace darkroom::auth {

/// Signs with one private key. Thread-compatible.
class SigningKey {
public:
    explicit SigningKey(KeyMaterial key) : key_(std::move(key)), id_(key_.thumbprint()) {}
    /// The first key of a PEM text; throws as KeyMaterial::from_pem.
    static SigningKey from_pem(const Secret& pem) { return SigningKey(std::move(KeyMaterial::from_pem(pem).front())); }
    static SigningKey generate(Algorithm algorithm = Algorithm::EdDSA) { return SigningKey(KeyMaterial::generate(algorithm)); }

    Algorithm algorithm() const { return key_.algorithm(); }
    /// RFC 7638 thumbprint.
    const std::string& key_id() const { return id_; }
    /// The public half as a JWK with kid, alg and use.
    json::Object public_jwk() const { return key_.public_jwk(); }
    /// header.payload.signature. Only the type at+jwt is ever taken for an access token.
    std::string sign(const json::Object& claims, std::string_view type = "at+jwt") const;

private:
    KeyMaterial key_;
    std::string id_;
};

/// Public keys by key id, from a JWKS document. Unknown key types are skipped. Immutable.
class KeySet {
public:
    static Result<KeySet> parse(std::string_view jwks);
    bool has(std::string_view key_id) const { return keys_.contains(std::string(key_id)); }
    bool empty() const { return keys_.empty(); }

    /// The claims of a token whose signature is right; checks compact form, typ, alg against the key, kid. Not exp, iss, aud:
    /// see `caller_from`. Every refusal is Kind::unauthenticated, "invalid_token".
    Result<json::Object> verify(std::string_view token) const;

private:
    std::unordered_map<std::string, KeyMaterial> keys_;
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
