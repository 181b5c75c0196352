#include "services/auth/token_issuer.hpp"

#include <fmt/ranges.h>

namespace darkroom::accounts {

namespace {

constexpr std::string_view issuer = "darkroom-auth";
constexpr std::string_view audience_of_people = "darkroom";

}  // namespace

TokenIssuer::TokenIssuer(auth::SigningKey key, const Clock& clock, Seconds life)
    : key_(std::move(key)),
      clock_(clock),
      life_(life),
      key_set_{{"keys", json::Array{key_.public_jwk()}}},
      keys_(auth::KeySet::parse(json::serialize(key_set_)).value()) {}

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
    return key_.sign(claims_for(account, session, life_));
}

std::string TokenIssuer::issue(const Account& account, const SessionId& grant, const TokenScope& scope) const {
    auto claims = claims_for(account, grant, scope.life);
    // An empty claim would read as no limit at all.
    claims["scope"] = scope.scopes.empty() ? std::string("none") : fmt::format("{}", fmt::join(scope.scopes, " "));
    if (!scope.client_id.empty()) claims["client_id"] = scope.client_id;
    return key_.sign(claims);
}

std::string TokenIssuer::issue_to_service(const std::string& client_id, const std::string& audience) const {
    auto claims = claims_for("service:" + client_id, audience, life_);
    claims["client_id"] = client_id;
    claims["scope"] = "service";
    return key_.sign(claims);
}

Result<auth::Caller> TokenIssuer::read(std::string_view token) const {
    const auto claims = keys_.verify(token);
    if (!claims) return claims.error();
    const auth::ClaimRules rules{.issuer = std::string(issuer), .audiences = {std::string(audience_of_people), "auth-service"}};
    return auth::caller_from(*claims, rules, clock_.now());
}

}  // namespace darkroom::accounts
