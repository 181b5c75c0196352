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

TEST(Jwt, TakesEveryKindOfKeyAndNoSignatureOfAnother) {
    for (const auto algorithm : {Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256}) {
        const auto key = SigningKey::generate(algorithm);
        auto token = key.sign(claims_of_a_user());
        const auto keys = keys_of(key);
        ASSERT_TRUE(keys.verify(token).has_value()) << json::enum_text(algorithm);
        EXPECT_EQ(keys.verify(token).value(), claims_of_a_user());
        auto& changed = token[token.size() - 10];
        changed = changed == 'A' ? 'B' : 'A';
        EXPECT_TRUE(keys.verify(token).has_error()) << json::enum_text(algorithm);
        EXPECT_TRUE(keys.verify(token.substr(0, token.rfind('.') + 1)).has_error()) << json::enum_text(algorithm);
    }
}

TEST(Jwt, RefusesATokenWhoseTypeIsNotAccess) {
    const auto key = SigningKey::generate();

    EXPECT_TRUE(keys_of(key).verify(key.sign(claims_of_a_user(), "JWT")).has_error());
}

TEST(KeyMaterial, IsReadFromPemInOrder) {
    const auto first = KeyMaterial::generate(Algorithm::EdDSA);
    const auto second = KeyMaterial::generate(Algorithm::RS256);
    const auto third = KeyMaterial::generate(Algorithm::ES256);

    const auto keys = KeyMaterial::from_pem(Secret(first.private_pem() + second.private_pem() + third.private_pem()));

    ASSERT_EQ(keys.size(), 3U);
    EXPECT_EQ(keys[0].thumbprint(), first.thumbprint());
    EXPECT_EQ(keys[1].algorithm(), Algorithm::RS256);
    EXPECT_EQ(keys[2].public_jwk(), third.public_jwk());
    EXPECT_THROW(KeyMaterial::from_pem(Secret("nothing")), std::runtime_error);
    EXPECT_THROW(
        KeyMaterial::from_pem(Secret(first.private_pem() + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
        std::runtime_error);
}

// RFC 8037, appendix A.3; RFC 7638, section 3.1.
TEST(KeyMaterial, HasTheThumbprintsOfTheStandards) {
    const auto ed25519 =
        KeyMaterial::from_jwk({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}});
    const auto rsa = KeyMaterial::from_jwk(
        {{"kty", "RSA"},
         {"e", "AQAB"},
         {"n",
          "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
          "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM"
          "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ"
          "zKnqDKgw"}});

    ASSERT_TRUE(ed25519 && rsa);
    EXPECT_EQ(ed25519->thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    EXPECT_EQ(rsa->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    EXPECT_FALSE(KeyMaterial::from_jwk({{"kty", "EC"}, {"crv", "P-256"}, {"x", "AAAA"}, {"y", "AAAA"}}));
    EXPECT_FALSE(KeyMaterial::from_jwk({{"kty", "EC"},
                                        {"crv", "P-256"},
                                        {"x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
                                        {"y", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}))
        << "no point of the curve";
    EXPECT_FALSE(KeyMaterial::from_jwk({{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}})) << "far too small";
}

TEST(SigningKey, RoundTripsItsThumbprintAsKeyId) {
    const auto key = SigningKey::generate();
    std::string buffer;

    EXPECT_EQ(key_id_of(key.sign({}), buffer), key.key_id());
    EXPECT_EQ(key.key_id().size(), 43U);
}

}  // namespace
}  // namespace darkroom::auth
