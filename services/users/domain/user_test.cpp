#include "services/users/domain/user.hpp"

#include "services/users/domain/sort.hpp"

#include <gtest/gtest.h>

namespace darkroom::users {
namespace {

json::Object object(std::string_view text) {
    return boost::json::parse(boost::json::string_view(text.data(), text.size())).as_object();
}

TEST(AccountChange, IsVoidWhenEverythingIsAsWanted) {
    User user;
    user.email = Email::trusted("ada@example.com");
    AccountChange change;
    EXPECT_TRUE(change.is_void_for(user));

    change.email = user.email;
    change.avatar_url = AvatarUrl{};
    EXPECT_TRUE(change.is_void_for(user));

    change.role = Role::admin;
    EXPECT_FALSE(change.is_void_for(user));
}

TEST(Preferences, AreBounded) {
    EXPECT_TRUE(check_preferences(object(R"({"theme":"dark","sizes":[1,2]})")).has_value());

    const auto large = check_preferences({{"x", std::string(max_preferences_bytes, 'x')}});

    ASSERT_TRUE(large.has_error());
    EXPECT_EQ(large.error().fields.at(0).field, "preferences");
}

TEST(Preferences, MayNotHoldWhatTheDatabaseCannot) {
    EXPECT_TRUE(check_preferences(object(R"({"x":"\u0000"})")).has_error());
}

// The examples of RFC 7396, appendix A, that concern objects.
TEST(Preferences, AreMergedAsRfc7396Says) {
    const auto merged = [](std::string_view target, std::string_view patch) {
        return json::serialize(merge_patch(object(target), object(patch)));
    };

    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":null})"), "{}");
    EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
    EXPECT_EQ(merged(R"({})", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

TEST(Sort, IsAKnownColumnAndADirection) {
    EXPECT_EQ(Sort().text(), "-created_at");
    EXPECT_EQ(Sort::parse("username").value().column(), "username");
    EXPECT_FALSE(Sort::parse("username").value().falls());
    EXPECT_EQ(Sort::parse("-username").value().column(), "username");
    EXPECT_TRUE(Sort::parse("-username").value().falls());
    EXPECT_TRUE(Sort::parse("password").has_error());
    EXPECT_TRUE(Sort::parse("--username").has_error());
    EXPECT_TRUE(Sort::parse("username; DROP TABLE users").has_error());
}

}  // namespace
}  // namespace darkroom::users
