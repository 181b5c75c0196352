#include "platform/auth/jwt.hpp"

#include "platform/core/encoding.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>

namespace darkroom::auth {

namespace {

struct KeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

struct DigestContextDeleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>;

constexpr std::size_t ed25519_key_bytes = 32;
constexpr std::size_t ed25519_signature_bytes = 64;
constexpr std::size_t max_token_bytes = 8 * 1024;

const unsigned char* bytes_of(std::string_view text) {
    return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

std::string public_bytes(EVP_PKEY* key) {
    std::array<unsigned char, ed25519_key_bytes> raw{};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size()) {
        throw std::runtime_error("not an Ed25519 key");
    }
    return {raw.begin(), raw.end()};
}

/// RFC 7638: the members that define the key, in lexicographic order, without white space.
std::string thumbprint(const std::string& x) {
    const auto digest = sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + x + R"("})");
    return base64url_encode({static_cast<const char*>(static_cast<const void*>(digest.data())), digest.size()});
}

Error invalid_token(std::string detail) {
    return {Kind::unauthenticated, "invalid_token", std::move(detail)};
}

struct Compact {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_part;
};

std::optional<Compact> split(std::string_view token) {
    const auto first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    return Compact{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                   token.substr(0, second)};
}

std::optional<json::Object> decode_object(std::string_view part) {
    const auto text = base64url_decode(part);
    if (!text) return std::nullopt;
    auto value = json::parse(*text);
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(value->get_object());
}

std::string_view text_member(const json::Object& object, std::string_view name) {
    const auto* member = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (member == nullptr || !member->is_string()) return {};
    return json::view(member->get_string());
}

bool verify_ed25519(EVP_PKEY* key, std::string_view message, std::string_view signature) {
    const DigestContext context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace

struct SigningKey::State {
    Key key;
    std::string x;
    std::string id;
};

SigningKey::SigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::from_pem(const Secret& pem) {
    const auto text = pem.reveal();
    BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    Key key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
        throw std::runtime_error("the signing key is not an Ed25519 private key in PEM");
    }
    auto state = std::make_unique<State>();
    state->x = base64url_encode(public_bytes(key.get()));
    state->id = thumbprint(state->x);
    state->key = std::move(key);
    return SigningKey(std::move(state));
}

SigningKey SigningKey::generate() {
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!key) throw std::runtime_error("cannot generate an Ed25519 key");
    auto state = std::make_unique<State>();
    state->x = base64url_encode(public_bytes(key.get()));
    state->id = thumbprint(state->x);
    state->key = std::move(key);
    return SigningKey(std::move(state));
}

const std::string& SigningKey::key_id() const {
    return state_->id;
}

json::Object SigningKey::public_jwk() const {
    return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", state_->x}, {"kid", state_->id}, {"alg", "EdDSA"}, {"use", "sig"}};
}

std::string SigningKey::sign(const json::Object& claims, std::string_view type) const {
    const json::Object header{{"alg", "EdDSA"}, {"typ", boost::json::string(type)}, {"kid", state_->id}};
    auto token = base64url_encode(json::serialize(header)) + '.' + base64url_encode(json::serialize(claims));
    std::string signature(ed25519_signature_bytes, '\0');
    std::size_t size = signature.size();
    const DigestContext context(EVP_MD_CTX_new());
    auto* out = static_cast<unsigned char*>(static_cast<void*>(signature.data()));
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), out, &size, bytes_of(token), token.size()) != 1) {
        throw std::runtime_error("signing failed");
    }
    return token + '.' + base64url_encode(signature);
}

struct KeySet::State {
    std::unordered_map<std::string, Key> keys;
};

KeySet::KeySet() : state_(std::make_unique<State>()) {}
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;
KeySet::~KeySet() = default;

Result<KeySet> KeySet::parse(std::string_view jwks) {
    const auto document = json::parse(jwks);
    const auto refusal = Error{Kind::upstream_failed, "bad_key_set", "the key set is not a JWKS document"};
    if (!document || !document->is_object()) return refusal;
    const auto* keys = document->get_object().if_contains("keys");
    if (keys == nullptr || !keys->is_array()) return refusal;
    KeySet set;
    for (const auto& entry : keys->get_array()) {
        const auto* jwk = entry.if_object();
        if (jwk == nullptr || text_member(*jwk, "kty") != "OKP" || text_member(*jwk, "crv") != "Ed25519") continue;
        const auto raw = base64url_decode(text_member(*jwk, "x"));
        const auto id = text_member(*jwk, "kid");
        if (!raw || raw->size() != ed25519_key_bytes || id.empty()) continue;
        Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*raw), raw->size()));
        if (key) set.state_->keys.insert_or_assign(std::string(id), std::move(key));
    }
    return set;
}

bool KeySet::has(std::string_view key_id) const {
    return state_->keys.contains(std::string(key_id));
}

bool KeySet::empty() const {
    return state_->keys.empty();
}

Result<json::Object> KeySet::verify(std::string_view token) const {
    if (token.size() > max_token_bytes) return invalid_token("the token is too long");
    const auto parts = split(token);
    if (!parts) return invalid_token("the token is not a JWT");
    const auto header = decode_object(parts->header);
    if (!header) return invalid_token("the token's header is not valid");
    // The key decides the algorithm; a token that says otherwise ("none", "HS256") is refused before any key is touched.
    if (text_member(*header, "alg") != "EdDSA") return invalid_token("the token's algorithm is not accepted");
    const auto type = text_member(*header, "typ");
    if (type != "at+jwt" && type != "application/at+jwt") return invalid_token("the token is not an access token");
    if (header->if_contains("crit") != nullptr) return invalid_token("the token demands an unknown extension");
    const auto key = state_->keys.find(std::string(text_member(*header, "kid")));
    if (key == state_->keys.end()) return invalid_token("the token's key is not known");
    const auto signature = base64url_decode(parts->signature);
    if (!signature || signature->size() != ed25519_signature_bytes ||
        !verify_ed25519(key->second.get(), parts->signed_part, *signature)) {
        return invalid_token("the token's signature is wrong");
    }
    auto claims = decode_object(parts->payload);
    if (!claims) return invalid_token("the token's claims are not valid");
    return std::move(*claims);
}

namespace {

std::optional<std::int64_t> number_member(const json::Object& object, std::string_view name) {
    const auto* member = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (member == nullptr || !member->is_int64()) return std::nullopt;
    return member->get_int64();
}

bool audience_matches(const json::Object& claims, const std::vector<std::string>& accepted) {
    const auto is_accepted = [&accepted](std::string_view audience) {
        return std::ranges::find(accepted, audience) != accepted.end();
    };
    const auto* audience = claims.if_contains("aud");
    if (audience == nullptr) return false;
    if (audience->is_string()) return is_accepted(json::view(audience->get_string()));
    if (!audience->is_array()) return false;
    return std::ranges::any_of(audience->get_array(), [&](const json::Value& entry) {
        return entry.is_string() && is_accepted(json::view(entry.get_string()));
    });
}

Result<Caller> user_from(const json::Object& claims, Caller caller) {
    auto id = UserId::parse(text_member(claims, "sub"));
    auto session = SessionId::parse(text_member(claims, "sid"));
    const auto role = role_from(text_member(claims, "role"));
    if (!id || !session || !role) return invalid_token("the token lacks sub, sid or role");
    caller.kind = CallerKind::user;
    caller.user_id = std::move(*id);
    caller.session_id = std::move(*session);
    caller.role = *role;
    caller.username = std::string(text_member(claims, "username"));
    caller.email = std::string(text_member(claims, "email"));
    if (const auto scope = text_member(claims, "scope"); !scope.empty()) {
        caller.scopes.emplace();
        for (std::size_t at = 0; at < scope.size();) {
            const auto end = std::min(scope.find(' ', at), scope.size());
            if (end > at) caller.scopes->emplace_back(scope.substr(at, end - at));
            at = end + 1;
        }
    }
    return caller;
}

}  // namespace

Result<Caller> caller_from(const json::Object& claims, const ClaimRules& rules, Timestamp now) {
    const auto seconds = std::chrono::duration_cast<Seconds>(now.time_since_epoch());
    const auto expires = number_member(claims, "exp");
    if (!expires || seconds >= Seconds{*expires} + rules.leeway) return invalid_token("the token has expired");
    const auto not_before = number_member(claims, "nbf");
    if (not_before && seconds + rules.leeway < Seconds{*not_before}) return invalid_token("the token is not valid yet");
    if (text_member(claims, "iss") != rules.issuer) return invalid_token("the token's issuer is wrong");
    if (!audience_matches(claims, rules.audiences)) return invalid_token("the token is meant for somebody else");

    Caller caller;
    caller.expires_at = Timestamp{Seconds{*expires}};
    const auto subject = text_member(claims, "sub");
    if (!subject.starts_with("service:")) return user_from(claims, std::move(caller));
    caller.kind = CallerKind::service;
    caller.service = std::string(subject.substr(8));
    // A service's token is good for one audience only; "darkroom" is for people.
    const auto* audience = claims.if_contains("aud");
    if (!audience->is_string() || audience->get_string() == "darkroom")
        return invalid_token("a service's token needs one audience");
    return caller;
}

std::string_view key_id_of(std::string_view token, std::string& buffer) {
    const auto parts = split(token);
    if (!parts || token.size() > max_token_bytes) return {};
    const auto header = decode_object(parts->header);
    if (!header) return {};
    buffer = std::string(text_member(*header, "kid"));
    return buffer;
}

}  // namespace darkroom::auth
