#include "services/auth/token_issuer.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace darkroom::accounts {

namespace {

constexpr std::string_view issuer = "darkroom-auth";
constexpr std::string_view audience_of_people = "darkroom";

}  // namespace

json::Object person_claims(const Account& account, const Scopes& scopes) {
    json::Object claims{{"sub", account.id.text()}};
    if (contains(scopes, "profile")) {
        claims["preferred_username"] = account.username.text();
        if (!account.full_name.text().empty()) claims["name"] = account.full_name.text();
        if (account.avatar_url) claims["picture"] = account.avatar_url->text();
        claims["updated_at"] = unix_seconds(account.updated_at);
    }
    if (contains(scopes, "email")) claims["email"] = account.email.text();
    return claims;
}

TokenIssuer::TokenIssuer(std::vector<auth::KeyMaterial> keys, const Clock& clock, Seconds life, std::string public_issuer)
    : clock_(clock), life_(life), public_issuer_(std::move(public_issuer)) {
    json::Array published;
    for (auto& key : keys) {
        published.push_back(key.public_jwk());
        signing_keys_.emplace_back(std::move(key));
    }
    key_set_ = {{"keys", std::move(published)}};
    keys_ = auth::KeySet::parse(json::serialize(key_set_)).value();
}

const auth::SigningKey& TokenIssuer::id_token_key() const {
    const auto is_widely_known = [](const auth::SigningKey& key) { return key.algorithm() != auth::Algorithm::EdDSA; };
    const auto found = std::ranges::find_if(signing_keys_, is_widely_known);
    return found == signing_keys_.end() ? key() : *found;
}

json::Array TokenIssuer::id_token_algorithms() const {
    return {boost::json::string(json::enum_text(id_token_key().algorithm()))};
}

json::Object TokenIssuer::claims_for(std::string subject, const std::string& audience, Seconds life) const {
    const auto issued = std::chrono::duration_cast<Seconds>(clock_.now().time_since_epoch());
    return {{"iss", boost::json::string(issuer)}, {"aud", audience},  {"sub", std::move(subject)}, {"iat", issued.count()},
            {"exp", (issued + life).count()},     {"jti", new_uuid()}};
}

json::Object TokenIssuer::claims_for(const Account& account, const SessionId& session, Seconds life) const {
    auto claims = claims_for(account.id.text(), std::string(audience_of_people), life);
    claims["sid"] = session.text();
    claims["role"] = boost::json::string(auth::role_text(account.role));
    claims["username"] = account.username.text();
    claims["email"] = account.email.text();
    return claims;
}

std::string TokenIssuer::issue(const Account& account, const SessionId& session) const {
    return key().sign(claims_for(account, session, life_));
}

std::string TokenIssuer::issue(const Account& account, const SessionId& grant, const TokenScope& scope) const {
    auto claims = claims_for(account, grant, scope.life);
    // An empty claim would read as no limit at all.
    claims["scope"] = scope.scopes.empty() ? std::string("none") : fmt::format("{}", fmt::join(scope.scopes, " "));
    if (!scope.client_id.empty()) claims["client_id"] = scope.client_id;
    return key().sign(claims);
}

std::string TokenIssuer::issue_to_client(const StoredClient& client, const Scopes& scopes) const {
    auto claims = claims_for(client.client_id.text(), std::string(audience_of_people), life_);
    claims["sid"] = client.grant_id.text();
    claims["role"] = boost::json::string(auth::role_text(least_role_with(scopes)));
    claims["username"] = client.name;
    claims["scope"] = scope_text(scopes);
    claims["client_id"] = client.client_id.text();
    return key().sign(claims);
}

std::string TokenIssuer::issue_id_token(const Account& account, const StoredClient& client, const Scopes& scopes,
                                        Timestamp authenticated_at, const std::optional<std::string>& nonce) const {
    auto claims = claims_for(account.id.text(), client.client_id.text(), life_);
    claims["iss"] = public_issuer_;
    claims["auth_time"] = unix_seconds(authenticated_at);
    if (nonce) claims["nonce"] = *nonce;
    for (auto& member : person_claims(account, scopes)) claims[member.key()] = member.value();
    return id_token_key().sign(claims, "JWT");
}

std::string TokenIssuer::issue_to_service(const std::string& client_id, const std::string& audience) const {
    auto claims = claims_for("service:" + client_id, audience, life_);
    claims["client_id"] = client_id;
    claims["scope"] = "service";
    return key().sign(claims);
}

Result<auth::Caller> TokenIssuer::read(std::string_view token) const {
    const auto claims = keys_.verify(token);
    if (!claims) return claims.error();
    const auth::ClaimRules rules{.issuer = std::string(issuer), .audiences = {std::string(audience_of_people), "auth-service"}};
    return auth::caller_from(*claims, rules, clock_.now());
}

Result<json::Object> TokenIssuer::claims_of(std::string_view token) const {
    const auto caller = read(token);
    if (!caller) return caller.error();
    return keys_.verify(token);
}

}  // namespace darkroom::accounts
