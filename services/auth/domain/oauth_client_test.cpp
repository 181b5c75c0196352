#include "services/auth/domain/oauth_client.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

TEST(Scopes, AreReadFromOneTextAndWrittenBack) {
    EXPECT_EQ(parse_scope(" openid  images:read openid "), (Scopes{"images:read", "openid"}));
    EXPECT_TRUE(parse_scope("").empty());
    EXPECT_EQ(scope_text({"a", "b"}), "a b");
}

TEST(Scopes, NeverExceedTheRole) {
    EXPECT_EQ(scopes_of_role({"images:read", "images:write", "openid", "users:manage"}, auth::Role::guest),
              (Scopes{"images:read", "openid"}));
    EXPECT_TRUE(is_subset({"openid"}, {"email", "openid"}));
    EXPECT_FALSE(is_subset({"openid", "images:read"}, {"openid"}));
    EXPECT_FALSE(is_known_scope("everything"));
}

TEST(Scopes, OfAClientItselfNameNoProfileAndGiveTheLeastRole) {
    EXPECT_EQ(scopes_of_client({"images:read", "openid", "users:self"}), (Scopes{"images:read"}));
    EXPECT_EQ(least_role_with({"images:read"}), auth::Role::guest);
    EXPECT_EQ(least_role_with({"images:write"}), auth::Role::user);
    EXPECT_EQ(least_role_with({"users:manage"}), auth::Role::admin);
}

// RFC 7636, appendix B.
TEST(ProofKey, IsTheSha256OfTheVerifier) {
    constexpr auto verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    constexpr auto challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    EXPECT_TRUE(verifies(verifier, challenge));
    EXPECT_FALSE(verifies(challenge, challenge)) << "the plain method";
    EXPECT_FALSE(verifies("too-short", challenge));
    EXPECT_TRUE(is_code_challenge(challenge));
    EXPECT_FALSE(is_code_challenge("short"));
    EXPECT_FALSE(is_code_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"));
}

}  // namespace
}  // namespace darkroom::accounts
