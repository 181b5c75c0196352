#include "services/auth/domain/account.hpp"

#include "services/auth/domain/password.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

Account an_account() {
    Account account;
    account.id = UserId::trusted("user-001");
    account.email = Email::trusted("ada@example.com");
    account.username = Username::trusted("ada");
    return account;
}

TEST(Account, OnlyRealChangesCount) {
    AccountChange change;
    change.email = Email::trusted("ada@example.com");
    change.full_name = FullName::trusted("Ada Lovelace");

    const auto [account, updated] = apply(an_account(), change);

    EXPECT_EQ(updated, std::vector<std::string>{"full_name"});
    EXPECT_EQ(account.full_name.text(), "Ada Lovelace");
    EXPECT_EQ(account.version, 2);
}

TEST(Account, WithoutChangesTheVersionStays) {
    const auto [account, updated] = apply(an_account(), {});

    EXPECT_TRUE(updated.empty());
    EXPECT_EQ(account.version, 1);
}

TEST(Account, AnEmptyAvatarUrlTakesThePictureAway) {
    auto account = an_account();
    account.avatar_url = AvatarUrl::trusted("https://example.com/ada.png");
    AccountChange change;
    change.avatar_url = AvatarUrl{};

    const auto without = apply(account, change);

    EXPECT_FALSE(without.account.avatar_url.has_value());
    EXPECT_TRUE(apply(without.account, change).updated_fields.empty());
}

TEST(Account, AnotherRoleOrAnEndedStatusEndsTheSessions) {
    AccountChange role;
    role.role = Role::premium;
    AccountChange suspension;
    suspension.status = Status::suspended;
    AccountChange name;
    name.username = Username::trusted("lovelace");

    EXPECT_TRUE(ends_sessions(apply(an_account(), role)));
    EXPECT_TRUE(ends_sessions(apply(an_account(), suspension)));
    EXPECT_FALSE(ends_sessions(apply(an_account(), name)));
}

TEST(Account, AnAdminIsLostByRoleOrStatus) {
    auto admin = an_account();
    admin.role = Role::admin;
    auto suspended = admin;
    suspended.status = Status::suspended;

    EXPECT_TRUE(loses_admin(admin, an_account()));
    EXPECT_TRUE(loses_admin(admin, suspended));
    EXPECT_FALSE(loses_admin(suspended, an_account()));
    EXPECT_FALSE(loses_admin(admin, admin));
}

TEST(Account, OnlyAnActiveOneMaySignIn) {
    EXPECT_TRUE(check_may_sign_in(Status::active).has_value());
    EXPECT_EQ(check_may_sign_in(Status::suspended).error().code, "account_suspended");
    EXPECT_EQ(check_may_sign_in(Status::inactive).error().code, "account_inactive");
    EXPECT_EQ(check_may_sign_in(Status::pending).error().code, "account_pending");
}

}  // namespace
}  // namespace darkroom::accounts
