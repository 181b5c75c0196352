#include "services/auth/token_issuer.hpp"

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

json::Object TokenIssuer::claims_for(std::string subject, const std::string& audience) const {
    const auto issued = std::chrono::duration_cast<Seconds>(clock_.now().time_since_epoch());
    return {{"iss", boost::json::string(issuer)}, {"aud", audience},  {"sub", std::move(subject)}, {"iat", issued.count()},
            {"exp", (issued + life_).count()},    {"jti", new_uuid()}};
}

std::string TokenIssuer::issue(const Account& account, const SessionId& session) const {
    auto claims = claims_for(account.id.text(), std::string(audience_of_people));
    claims["sid"] = session.text();
    claims["role"] = boost::json::string(auth::role_text(account.role));
    claims["username"] = account.username.text();
    claims["email"] = account.email.text();
    return key_.sign(claims);
}

std::string TokenIssuer::issue_to_service(const std::string& client_id, const std::string& audience) const {
    auto claims = claims_for("service:" + client_id, audience);
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
