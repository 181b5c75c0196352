#include "services/auth/domain/api_key.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

TEST(ApiKey, ScopesArePermissionsThatTheOwnerHas) {
    EXPECT_EQ(check_scopes({"images:write", "images:read", "images:read"}, auth::Role::user).value(),
              (std::vector<std::string>{"images:read", "images:write"}));
    EXPECT_FALSE(check_scopes({}, auth::Role::admin));
    EXPECT_EQ(check_scopes({"images:read", "users:manage"}, auth::Role::user).error().fields.front().field, "scopes[1]");
    EXPECT_EQ(check_scopes({"everything"}, auth::Role::admin).error().fields.front().field, "scopes[0]");
    EXPECT_TRUE(check_scopes({"users:manage"}, auth::Role::admin));
}

TEST(ApiKey, IsRandomAndShowsOnlyItsBeginning) {
    const auto key = new_api_key();

    EXPECT_EQ(key.reveal().size(), 46U);
    EXPECT_TRUE(key.reveal().starts_with("dk_"));
    EXPECT_NE(key.reveal(), new_api_key().reveal());
    EXPECT_EQ(shown_prefix(key), key.reveal().substr(0, 11));
}

TEST(ApiKey, ExpiresInTheFutureOrNever) {
    const auto moment = now();

    EXPECT_TRUE(check_expiry(std::nullopt, moment));
    EXPECT_TRUE(check_expiry(moment + Seconds{1}, moment));
    EXPECT_FALSE(check_expiry(moment, moment));
}

TEST(Label, IsWhatAPersonCanRead) {
    EXPECT_EQ(Label::parse("  build server ").value().text(), "build server");
    EXPECT_FALSE(Label::parse("   "));
    EXPECT_FALSE(Label::parse("a\nb"));
    EXPECT_FALSE(Label::parse(std::string(101, 'x')));
}

}  // namespace
}  // namespace darkroom::accounts
