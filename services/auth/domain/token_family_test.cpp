#include "services/auth/domain/token_family.hpp"

#include "platform/testing/fake_clock.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

constexpr Seconds life = 720h;

Timestamp a_start() {
    return testing::FakeClock::at("2026-03-01T10:00:00Z");
}

TokenFamily a_family() {
    return TokenFamily::start(UserId::trusted("user-001"), a_start(), life);
}

TEST(TokenFamily, RotationMakesANewTokenThatLivesAnew) {
    auto family = a_family();
    const auto first = family.current();

    ASSERT_TRUE(family.rotate(first, a_start() + 24h, life).has_value());

    EXPECT_NE(family.current().reveal(), first.reveal());
    EXPECT_EQ(family.state().current_token, family.current().hash());
    EXPECT_EQ(family.state().expires_at, a_start() + 24h + life);
}

// A stolen refresh token betrays itself by being used twice. We cannot tell thief from owner, so both lose the session.
TEST(TokenFamily, ReuseOfARotatedTokenRevokesTheWholeFamily) {
    auto family = a_family();
    const auto stolen = family.current();
    ASSERT_TRUE(family.rotate(stolen, a_start() + 1min, life).has_value());

    const auto reuse = family.rotate(stolen, a_start() + 2min, life);

    ASSERT_TRUE(reuse.has_error());
    EXPECT_EQ(reuse.error().code, "refresh_token_reused");
    EXPECT_TRUE(family.is_revoked());
}

TEST(TokenFamily, NoTokenOfARevokedFamilyIsGoodAgain) {
    auto family = a_family();
    const auto first = family.current();
    ASSERT_TRUE(family.rotate(first, a_start() + 1min, life).has_value());
    const auto second = family.current();
    ASSERT_TRUE(family.rotate(first, a_start() + 2min, life).has_error());

    const auto owner = family.rotate(second, a_start() + 3min, life);

    ASSERT_TRUE(owner.has_error());
    EXPECT_EQ(owner.error().code, "session_revoked");
}

TEST(TokenFamily, AnExpiredTokenIsRefusedWithoutRevoking) {
    auto family = a_family();
    const auto token = family.current();

    const auto late = family.rotate(token, a_start() + life, life);

    ASSERT_TRUE(late.has_error());
    EXPECT_EQ(late.error().code, "refresh_token_expired");
    EXPECT_FALSE(family.is_revoked());
}

TEST(TokenFamily, IsTheSameWhenReadBackFromItsState) {
    auto family = a_family();
    const auto token = family.current();
    TokenFamily stored(family.state());

    EXPECT_TRUE(stored.rotate(token, a_start() + 1min, life).has_value());
}

TEST(OpaqueToken, IsLongAndItsHashDoesNotTellIt) {
    const auto token = OpaqueToken::create();

    EXPECT_EQ(token.reveal().size(), 43U);
    EXPECT_EQ(token.hash().text().size(), 64U);
    EXPECT_EQ(OpaqueToken::from(token.reveal()).hash(), token.hash());
    EXPECT_NE(OpaqueToken::create().hash(), token.hash());
}

}  // namespace
}  // namespace darkroom::accounts
