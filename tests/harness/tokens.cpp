#include "tests/harness/tokens.hpp"

#include "platform/auth/jwt.hpp"
#include "platform/core/encoding.hpp"
#include "platform/core/ids.hpp"
#include "tests/harness/http.hpp"

#include <fstream>
#include <stdexcept>

namespace darkroom::system_test {

namespace {

std::string encoded(const json::Object& object) {
    return base64url_encode(json::serialize(object));
}

std::int64_t seconds_from_now(int seconds) {
    return unix_seconds(now()) + seconds;
}

std::string with_claim(const json::Object& claims, std::string_view name, json::Value value, const System& system) {
    auto changed = claims;
    changed[name] = std::move(value);
    return sign(system, changed);
}

}  // namespace

json::Object claims_of(std::string_view token) {
    const auto begin = token.find('.') + 1;
    const auto text = base64url_decode(token.substr(begin, token.rfind('.') - begin));
    return json::parse(text.value_or("{}")).value().as_object();
}

std::string sign(const System& system, const json::Object& claims) {
    std::ifstream file(system.signing_key_file());
    const std::string pem(std::istreambuf_iterator<char>(file), {});
    return auth::SigningKey::from_pem(Secret(pem)).sign(claims);
}

std::string token_with_role(const System& system, std::string_view role) {
    const auto id = new_uuid();
    return sign(system, {{"iss", "darkroom-auth"},
                         {"aud", "darkroom"},
                         {"sub", id},
                         {"sid", new_uuid()},
                         {"role", boost::json::string(role)},
                         {"username", "someone"},
                         {"email", "someone@example.com"},
                         {"iat", seconds_from_now(0)},
                         {"exp", seconds_from_now(600)},
                         {"jti", new_uuid()}});
}

std::vector<std::pair<std::string, std::string>> bad_tokens(const System& system, const std::string& good) {
    const auto claims = claims_of(good);
    const auto first_dot = good.find('.');
    const auto last_dot = good.rfind('.');
    const auto header = good.substr(0, first_dot);
    const auto signature = good.substr(last_dot);
    auto promoted = claims;
    promoted["role"] = "admin";
    const auto none = encoded({{"alg", "none"}, {"typ", "at+jwt"}}) + '.' + encoded(claims);
    const auto keyed = encoded({{"alg", "HS256"}, {"typ", "at+jwt"}}) + '.' + encoded(claims);
    const auto mac = hmac_sha256("secret", keyed);
    const std::string mac_text(mac.begin(), mac.end());
    auto other_kid = auth::SigningKey::generate();
    return {
        {"garbage", "not-a-token"},
        {"empty parts", ".."},
        {"alg none", none + '.'},
        {"alg none with the signature", none + signature},
        {"alg HS256", keyed + '.' + base64url_encode(mac_text)},
        {"another key", other_kid.sign(claims)},
        {"changed claims", header + '.' + encoded(promoted) + signature},
        {"cut signature", good.substr(0, good.size() - 4)},
        {"expired", with_claim(claims, "exp", seconds_from_now(-60), system)},
        {"not yet valid", with_claim(claims, "nbf", seconds_from_now(600), system)},
        {"another issuer", with_claim(claims, "iss", "somebody-else", system)},
        {"another audience", with_claim(claims, "aud", "another-system", system)},
    };
}

std::string service_token(const System& system, std::string_view client, std::string_view audience) {
    HttpClient http(system.port(Part::auth));
    const auto answer =
        http.send({.method = "POST",
                   .target = "/oauth/token",
                   .body = "grant_type=client_credentials&client_id=" + std::string(client) +
                           "&client_secret=" + system.service_secret(client) + "&audience=" + std::string(audience),
                   .content_type = "application/x-www-form-urlencoded"});
    if (answer.status != 200) throw std::runtime_error("no service token: " + answer.summary());
    return answer.text("access_token");
}

}  // namespace darkroom::system_test
