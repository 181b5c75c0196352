#include "platform/auth/jwt.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>

namespace darkroom::auth {

namespace {

constexpr std::size_t max_token_bytes = 8 * 1024;

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

}  // namespace

std::string SigningKey::sign(const json::Object& claims, std::string_view type) const {
    const json::Object header{
        {"alg", boost::json::string(json::enum_text(algorithm()))}, {"typ", boost::json::string(type)}, {"kid", id_}};
    const auto token = base64url_encode(json::serialize(header)) + '.' + base64url_encode(json::serialize(claims));
    return token + '.' + base64url_encode(key_.sign(token));
}

Result<KeySet> KeySet::parse(std::string_view jwks) {
    const auto document = json::parse(jwks);
    const auto refusal = Error{Kind::upstream_failed, "bad_key_set", "the key set is not a JWKS document"};
    if (!document || !document->is_object()) return refusal;
    const auto* keys = document->get_object().if_contains("keys");
    if (keys == nullptr || !keys->is_array()) return refusal;
    KeySet set;
    for (const auto& entry : keys->get_array()) {
        const auto* jwk = entry.if_object();
        if (jwk == nullptr) continue;
        const auto id = text_member(*jwk, "kid");
        auto key = KeyMaterial::from_jwk(*jwk);
        if (key && !id.empty()) set.keys_.insert_or_assign(std::string(id), std::move(*key));
    }
    return set;
}

Result<json::Object> KeySet::verify(std::string_view token) const {
    if (token.size() > max_token_bytes) return invalid_token("the token is too long");
    const auto parts = split(token);
    if (!parts) return invalid_token("the token is not a JWT");
    const auto header = decode_object(parts->header);
    if (!header) return invalid_token("the token's header is not valid");
    const auto type = text_member(*header, "typ");
    if (type != "at+jwt" && type != "application/at+jwt") return invalid_token("the token is not an access token");
    if (header->if_contains("crit") != nullptr) return invalid_token("the token demands an unknown extension");
    const auto key = keys_.find(std::string(text_member(*header, "kid")));
    if (key == keys_.end()) return invalid_token("the token's key is not known");
    // The key decides the algorithm; a token that says otherwise ("none", "HS256") is refused before the key is touched.
    if (text_member(*header, "alg") != json::enum_text(key->second.algorithm())) {
        return invalid_token("the token's algorithm is not accepted");
    }
    const auto signature = base64url_decode(parts->signature);
    if (!signature || !key->second.verify(parts->signed_part, *signature)) {
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
