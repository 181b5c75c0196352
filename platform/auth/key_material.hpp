// Keys of three kinds behind one face: Ed25519 (EdDSA, RFC 8037), P-256 (ES256) and RSA (RS256), RFC 7518. Thread-compatible.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/json/described.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace darkroom::auth {

enum class Algorithm { EdDSA, ES256, RS256 };
BOOST_DESCRIBE_ENUM(Algorithm, EdDSA, ES256, RS256)

struct KeyDeleter {
    void operator()(evp_pkey_st* key) const;
};

/// A private or a public key; its algorithm follows from what it is.
class KeyMaterial {
public:
    /// Every private key of a PEM text (PKCS #8), in order. Throws std::runtime_error for one that is of no known kind, for RSA
    /// under 2048 bits, and for none at all.
    static std::vector<KeyMaterial> from_pem(const Secret& pem);
    static KeyMaterial generate(Algorithm algorithm);
    /// nullopt for a kind, a curve or a size that we do not take.
    static std::optional<KeyMaterial> from_jwk(const json::Object& jwk);

    Algorithm algorithm() const { return algorithm_; }
    /// RFC 7638 thumbprint.
    std::string thumbprint() const;
    /// The public half with kid, alg and use (RFC 7517).
    json::Object public_jwk() const;
    /// PKCS #8.
    std::string private_pem() const;

    /// In the form of RFC 7515: raw bytes, for ES256 r and s side by side. Throws std::runtime_error without the private half.
    std::string sign(std::string_view message) const;
    bool verify(std::string_view message, std::string_view signature) const;

private:
    using Handle = std::unique_ptr<evp_pkey_st, KeyDeleter>;
    KeyMaterial(Handle key, Algorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}
    static std::optional<KeyMaterial> adopt(Handle key);
    json::Object required_members() const;

    Handle key_;
    Algorithm algorithm_;
};

}  // namespace darkroom::auth
