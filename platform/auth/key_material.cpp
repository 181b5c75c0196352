#include "platform/auth/key_material.hpp"

#include "platform/core/encoding.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

namespace darkroom::auth {

namespace {

template <auto Free>
struct With {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, With<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, With<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, With<BN_free>>;
using Memory = std::unique_ptr<BIO, With<BIO_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, With<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, With<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, With<ECDSA_SIG_free>>;

constexpr std::size_t ed25519_key_bytes = 32;
constexpr std::size_t p256_number_bytes = 32;
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr const char* p256_name = "prime256v1";

unsigned char* room_in(std::string& text) {
    return static_cast<unsigned char*>(static_cast<void*>(text.data()));
}

[[noreturn]] void refuse(const char* what) {
    // What OpenSSL says of it is not for whoever asks next.
    ERR_clear_error();
    throw std::runtime_error(what);
}

std::string number_text(EVP_PKEY* key, const char* name, std::size_t size = 0) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) refuse("a key lacks a part");
    const Number number(raw);
    std::string text(std::max(size, static_cast<std::size_t>(BN_num_bytes(number.get()))), '\0');
    if (BN_bn2binpad(number.get(), room_in(text), static_cast<int>(text.size())) < 0) refuse("a key has a part too large");
    return base64url_encode(text);
}

std::string_view member(const json::Object& jwk, std::string_view name) {
    const auto* found = jwk.if_contains(boost::json::string_view(name.data(), name.size()));
    if (found == nullptr || !found->is_string()) return {};
    return json::view(found->get_string());
}

std::unique_ptr<EVP_PKEY, KeyDeleter> from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
    const Params parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* raw = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        ERR_clear_error();
    }
    return std::unique_ptr<EVP_PKEY, KeyDeleter>(raw);
}

std::unique_ptr<EVP_PKEY, KeyDeleter> ec_key(const std::string& x, const std::string& y) {
    if (x.size() != p256_number_bytes || y.size() != p256_number_bytes) return {};
    // Uncompressed point, SEC 1 §2.3.3.
    const auto point = '\x04' + x + y;
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, p256_name, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return from_parameters("EC", builder.get());
}

std::unique_ptr<EVP_PKEY, KeyDeleter> rsa_key(const std::string& n, const std::string& e) {
    const Number modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr));
    const Number exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr));
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return from_parameters("RSA", builder.get());
}

/// r and s from DER to fixed width, RFC 7518 §3.4.
std::string raw_ecdsa(const std::string& der) {
    const auto* at = bytes_of(der);
    const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    std::string raw(2 * p256_number_bytes, '\0');
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), room_in(raw), p256_number_bytes) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), room_in(raw) + p256_number_bytes, p256_number_bytes) < 0) {
        refuse("signing failed");
    }
    return raw;
}

/// The inverse; empty for the wrong length.
std::string der_ecdsa(std::string_view raw) {
    if (raw.size() != 2 * p256_number_bytes) return {};
    const EcdsaSignature signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes_of(raw), p256_number_bytes, nullptr),
                   BN_bin2bn(bytes_of(raw) + p256_number_bytes, p256_number_bytes, nullptr));
    unsigned char* der = nullptr;
    const auto size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return {};
    std::string text(der, der + size);
    OPENSSL_free(der);
    return text;
}

const EVP_MD* digest_of(Algorithm algorithm) {
    return algorithm == Algorithm::EdDSA ? nullptr : EVP_sha256();
}

}  // namespace

void KeyDeleter::operator()(evp_pkey_st* key) const {
    EVP_PKEY_free(key);
}

std::optional<KeyMaterial> KeyMaterial::adopt(Handle key) {
    if (!key) return std::nullopt;
    switch (EVP_PKEY_get_base_id(key.get())) {
        case EVP_PKEY_ED25519: return KeyMaterial(std::move(key), Algorithm::EdDSA);
        case EVP_PKEY_EC: {
            std::array<char, 64> name{};
            std::size_t length = 0;
            const bool known = EVP_PKEY_get_group_name(key.get(), name.data(), name.size(), &length) == 1;
            if (!known || std::string_view(name.data(), length) != p256_name) return std::nullopt;
            return KeyMaterial(std::move(key), Algorithm::ES256);
        }
        case EVP_PKEY_RSA: {
            const auto bits = EVP_PKEY_get_bits(key.get());
            if (bits < min_rsa_bits || bits > max_rsa_bits) return std::nullopt;
            return KeyMaterial(std::move(key), Algorithm::RS256);
        }
        default: return std::nullopt;
    }
}

std::vector<KeyMaterial> KeyMaterial::from_pem(const Secret& pem) {
    constexpr std::string_view begin = "-----BEGIN ";
    std::vector<KeyMaterial> keys;
    // One block at a time: OpenSSL cannot tell the end of the text from a block that it does not understand.
    const auto text = pem.reveal();
    for (auto at = text.find(begin); at != std::string_view::npos;) {
        const auto next = text.find(begin, at + begin.size());
        const auto block = text.substr(at, next - at);
        const Memory memory(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())));
        auto material = adopt(Handle(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)));
        if (!material) refuse("a signing key is no Ed25519, P-256 or RSA (2048 bits) private key in PEM");
        keys.push_back(std::move(*material));
        at = next;
    }
    ERR_clear_error();
    if (keys.empty()) refuse("there is no private key in the PEM text");
    return keys;
}

KeyMaterial KeyMaterial::generate(Algorithm algorithm) {
    Handle key;
    switch (algorithm) {
        case Algorithm::EdDSA: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); break;
        case Algorithm::ES256: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", p256_name)); break;
        case Algorithm::RS256:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(min_rsa_bits)));
            break;
    }
    if (!key) refuse("OpenSSL could not make a key");
    return {std::move(key), algorithm};
}

std::optional<KeyMaterial> KeyMaterial::from_jwk(const json::Object& jwk) {
    const auto bytes = [&jwk](std::string_view name) { return base64url_decode(member(jwk, name)).value_or(""); };
    const auto type = member(jwk, "kty");
    if (type == "OKP" && member(jwk, "crv") == "Ed25519") {
        const auto x = bytes("x");
        if (x.size() != ed25519_key_bytes) return std::nullopt;
        return adopt(Handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size())));
    }
    if (type == "EC" && member(jwk, "crv") == "P-256") return adopt(ec_key(bytes("x"), bytes("y")));
    if (type == "RSA") return adopt(rsa_key(bytes("n"), bytes("e")));
    return std::nullopt;
}

json::Object KeyMaterial::required_members() const {
    switch (algorithm_) {
        case Algorithm::EdDSA: {
            std::string x(ed25519_key_bytes, '\0');
            std::size_t size = x.size();
            if (EVP_PKEY_get_raw_public_key(key_.get(), room_in(x), &size) != 1) refuse("not an Ed25519 key");
            return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url_encode(x)}};
        }
        case Algorithm::ES256:
            return {{"crv", "P-256"},
                    {"kty", "EC"},
                    {"x", number_text(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, p256_number_bytes)},
                    {"y", number_text(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, p256_number_bytes)}};
        case Algorithm::RS256: break;
    }
    return {{"e", number_text(key_.get(), OSSL_PKEY_PARAM_RSA_E)},
            {"kty", "RSA"},
            {"n", number_text(key_.get(), OSSL_PKEY_PARAM_RSA_N)}};
}

std::string KeyMaterial::thumbprint() const {
    // RFC 7638: the members that define the key, in lexicographic order, without white space.
    const auto digest = sha256(json::serialize(required_members()));
    return base64url_encode(view_of(digest));
}

json::Object KeyMaterial::public_jwk() const {
    auto jwk = required_members();
    jwk["kid"] = thumbprint();
    jwk["alg"] = boost::json::string(json::enum_text(algorithm_));
    jwk["use"] = "sig";
    return jwk;
}

std::string KeyMaterial::private_pem() const {
    const Memory memory(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        refuse("a key has no private half");
    }
    std::string pem(BIO_ctrl_pending(memory.get()), '\0');
    BIO_read(memory.get(), pem.data(), static_cast<int>(pem.size()));
    return pem;
}

std::string KeyMaterial::sign(std::string_view message) const {
    const DigestContext context(EVP_MD_CTX_new());
    std::size_t size = 0;
    const bool sized = EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) == 1 &&
                       EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) == 1;
    std::string signature(size, '\0');
    if (!sized || EVP_DigestSign(context.get(), room_in(signature), &size, bytes_of(message), message.size()) != 1) {
        refuse("signing failed");
    }
    signature.resize(size);
    return algorithm_ == Algorithm::ES256 ? raw_ecdsa(signature) : signature;
}

bool KeyMaterial::verify(std::string_view message, std::string_view signature) const {
    const auto given = algorithm_ == Algorithm::ES256 ? der_ecdsa(signature) : std::string(signature);
    if (given.empty()) return false;
    const DigestContext context(EVP_MD_CTX_new());
    const bool right = EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) == 1 &&
                       EVP_DigestVerify(context.get(), bytes_of(given), given.size(), bytes_of(message), message.size()) == 1;
    if (!right) ERR_clear_error();
    return right;
}

}  // namespace darkroom::auth
