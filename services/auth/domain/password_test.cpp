#include "services/auth/domain/password.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

std::string refusal_of(std::string_view password, std::string username, std::string email) {
    const auto checked =
        PasswordPolicy(true).check(Password::parse(password).value(), identity::Username::trusted(std::move(username)),
                                   identity::Email::trusted(std::move(email)));
    return checked ? std::string() : checked.error().detail;
}

TEST(Password, HasEightToOneHundredTwentyEightCharactersOfAnyScript) {
    std::string long_one;
    for (int i = 0; i < 128; ++i) long_one += "\xE2\x82\xAC";

    EXPECT_TRUE(Password::parse("8 things").has_value());
    EXPECT_TRUE(Password::parse(long_one).has_value());
    EXPECT_FALSE(Password::parse("7 thing").has_value());
    EXPECT_FALSE(Password::parse(long_one + "a").has_value());
    EXPECT_FALSE(Password::parse("1234567\xFF").has_value());
}

TEST(PasswordPolicy, RefusesWhatIsTriedFirst) {
    for (const auto* common : {"password", "Password123", "PASSWORD", "qwertyuiop", "1q2w3e4r", "12345678", "iloveyou",
                               "aaaaaaaa", "summer2025", "letmein123", "zaq12wsx", "p@ssw0rd"}) {
        EXPECT_EQ(refusal_of(common, "grace", "g@example.com"), "password: is one of the passwords that are tried first")
            << common;
    }
    EXPECT_EQ(refusal_of("correct horse", "grace", "g@example.com"), "");
    EXPECT_EQ(refusal_of("# Passwords that are tried first", "grace", "g@example.com"), "") << "a comment of the list";
}

TEST(PasswordPolicy, LetsEverythingPassUnlessTheOperatorSaysOtherwise) {
    const auto checked =
        PasswordPolicy(false).check(Password::parse("password").value(), identity::Username::trusted("password"),
                                    identity::Email::trusted("password@example.com"));

    EXPECT_TRUE(checked.has_value());
}

TEST(PasswordPolicy, RefusesANameWithLittleElse) {
    EXPECT_EQ(refusal_of("GraceHopper", "gracehopper", "g@example.com"),
              "password: must be more than the username with little else");
    EXPECT_EQ(refusal_of("grace2grace7", "Grace", "g@example.com"),
              "password: must be more than the username with little else");
    EXPECT_EQ(refusal_of("hopper-1906", "gh", "Hopper@example.com"),
              "password: must be more than the e-mail address with little else");
    EXPECT_EQ(refusal_of("gracepassword1", "grace", "g@example.com"),
              "password: must be more than the username with little else");
    EXPECT_EQ(refusal_of("grace sings at dawn", "grace", "g@example.com"), "");
    EXPECT_EQ(refusal_of("canada1867", "ada", "ada@example.com"), "") << "three letters are in many words";
}

}  // namespace
}  // namespace darkroom::accounts
