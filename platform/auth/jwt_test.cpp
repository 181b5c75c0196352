#include "platform/auth/jwt.hpp"

#include "platform/core/encoding.hpp"

#include <gtest/gtest.h>

namespace darkroom::auth {
namespace {

constexpr auto noon = Timestamp{Seconds{1'780'000'000}};

json::Object claims_of_a_user() {
    return {{"iss", "darkroom-auth"}, {"aud", "darkroom"}, {"sub", "user-001"},          {"sid", "session-1"},
            {"role", "user"},         {"username", "ann"}, {"email", "ann@example.org"}, {"exp", 1'780'000'900}};
}

ClaimRules rules() {
    return {.audiences = {"darkroom", "image-service"}};
}

KeySet keys_of(const SigningKey& key) {
    return KeySet::parse(json::serialize(json::Object{{"keys", json::Array{key.public_jwk()}}})).value();
}

TEST(Jwt, ASignedTokenNamesItsCaller) {
    const auto key = SigningKey::generate();

    const auto claims = keys_of(key).verify(key.sign(claims_of_a_user()));

    ASSERT_TRUE(claims.has_value()) << claims.error().detail;
    const auto caller = caller_from(*claims, rules(), noon);
    ASSERT_TRUE(caller.has_value()) << caller.error().detail;
    EXPECT_EQ(caller->user_id.text(), "user-001");
    EXPECT_EQ(caller->role, Role::user);
}

TEST(Jwt, RefusesAChangedPayload) {
    const auto key = SigningKey::generate();
    const auto token = key.sign(claims_of_a_user());
    auto forged_claims = claims_of_a_user();
    forged_claims["role"] = "admin";
    const auto first = token.find('.');
    const auto second = token.rfind('.');

    const auto forged = token.substr(0, first + 1) + base64url_encode(json::serialize(forged_claims)) + token.substr(second);

    EXPECT_EQ(keys_of(key).verify(forged).error().code, "invalid_token");
}

TEST(Jwt, RefusesEveryOtherAlgorithm) {
    const auto key = SigningKey::generate();
    const auto keys = keys_of(key);
    const auto payload = base64url_encode(json::serialize(claims_of_a_user()));
    for (const std::string algorithm : {"none", "None", "HS256", "RS256", ""}) {
        const json::Object header{{"alg", algorithm}, {"typ", "at+jwt"}, {"kid", key.key_id()}};
        const auto token = base64url_encode(json::serialize(header)) + '.' + payload + '.';
        EXPECT_TRUE(keys.verify(token).has_error()) << algorithm;
        EXPECT_TRUE(keys.verify(token + "AAAA").has_error()) << algorithm;
    }
}

TEST(Jwt, RefusesAnotherKeyWithTheSameId) {
    const auto mine = SigningKey::generate();
    const auto theirs = SigningKey::generate();
    auto jwk = mine.public_jwk();
    jwk["kid"] = theirs.key_id();
    const auto keys = KeySet::parse(json::serialize(json::Object{{"keys", json::Array{jwk}}})).value();

    EXPECT_TRUE(keys.verify(theirs.sign(claims_of_a_user())).has_error());
}

TEST(Jwt, RefusesWhatIsNoToken) {
    const auto keys = keys_of(SigningKey::generate());

    for (const auto* token : {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30"}) {
        EXPECT_TRUE(keys.verify(token).has_error()) << token;
    }
    EXPECT_TRUE(keys.verify(std::string(20'000, 'a')).has_error());
}

TEST(Claims, RefusesExpiredForeignAndIncompleteOnes) {
    const auto change = [](std::string_view name, json::Value value) {
        auto claims = claims_of_a_user();
        claims[boost::json::string_view(name.data(), name.size())] = std::move(value);
        return claims;
    };

    EXPECT_TRUE(caller_from(claims_of_a_user(), rules(), noon).has_value());
    EXPECT_TRUE(caller_from(change("exp", 1'779'999'000), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("exp", "never"), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("nbf", 1'780'000'500), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("iss", "somebody"), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("aud", "event-bus"), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("role", "root"), rules(), noon).has_error());
    EXPECT_TRUE(caller_from(change("sid", nullptr), rules(), noon).has_error());
}

TEST(Claims, AServiceNeedsItsOwnAudience) {
    json::Object claims{
        {"iss", "darkroom-auth"}, {"aud", "image-service"}, {"sub", "service:user-service"}, {"exp", 1'780'000'900}};

    const auto caller = caller_from(claims, rules(), noon);
    claims["aud"] = "darkroom";
    const auto too_wide = caller_from(claims, rules(), noon);

    ASSERT_TRUE(caller.has_value());
    EXPECT_EQ(caller->service, "user-service");
    EXPECT_TRUE(too_wide.has_error());
}

TEST(SigningKey, RoundTripsItsThumbprintAsKeyId) {
    const auto key = SigningKey::generate();
    std::string buffer;

    EXPECT_EQ(key_id_of(key.sign({}), buffer), key.key_id());
    EXPECT_EQ(key.key_id().size(), 43U);
}

}  // namespace
}  // namespace darkroom::auth
