#include "platform/identity/avatar_url.hpp"
#include "platform/identity/email.hpp"
#include "platform/identity/full_name.hpp"
#include "platform/identity/text.hpp"
#include "platform/identity/username.hpp"

#include <gtest/gtest.h>

namespace darkroom::identity {
namespace {

std::string message_of(const Error& error) {
    return error.fields.at(0).message;
}

TEST(Email, AcceptsWhatPeopleHave) {
    for (const auto* address : {"ada@example.com", "ada.lovelace+photos@mail.example.co.uk", "o'hara@example.org", "a@b.io",
                                "root@localhost", "1_2@xn--bcher-kva.example"}) {
        EXPECT_TRUE(Email::parse(address).has_value()) << address;
    }
}

TEST(Email, RefusesWhatNoMailWouldReach) {
    for (const auto* address : {"", "ada", "ada@", "@example.com", "ada@example", "ada@@example.com", "a b@example.com",
                                "ada@example..com", ".ada@example.com", "ada.@example.com", "ada@-example.com", "ada@1.2.3.4",
                                "ada@example.com\n", "\"a b\"@example.com", "ada@exa_mple.com"}) {
        EXPECT_FALSE(Email::parse(address).has_value()) << address;
    }
    EXPECT_EQ(message_of(Email::parse("ada").error()), "is not an e-mail address");
}

TEST(Email, KeepsTheLengthsOfRfc5321) {
    const std::string local(64, 'a');
    const std::string label(60, 'b');
    const auto domain = label + '.' + label + '.' + label + ".com";

    EXPECT_TRUE(Email::parse(local + "@example.com").has_value());
    EXPECT_FALSE(Email::parse(local + "a@example.com").has_value());
    EXPECT_TRUE(Email::parse("a@" + domain).has_value());
    EXPECT_FALSE(Email::parse(local + "@" + domain + ".org").has_value());
}

TEST(Email, DropsSpacesAroundIt) {
    EXPECT_EQ(Email::parse(" ada@example.com ").value().text(), "ada@example.com");
}

TEST(Username, HasThreeToThirtyTwoPlainCharacters) {
    EXPECT_TRUE(Username::parse("ada").has_value());
    EXPECT_TRUE(Username::parse("Ada_L.1815-x").has_value());
    EXPECT_TRUE(Username::parse(std::string(32, 'a')).has_value());
    EXPECT_EQ(message_of(Username::parse("ab").error()), "must be 3 to 32 characters");
    EXPECT_FALSE(Username::parse(std::string(33, 'a')).has_value());
    EXPECT_FALSE(Username::parse("ada@home").has_value());
    EXPECT_FALSE(Username::parse("ada l").has_value());
    EXPECT_FALSE(Username::parse("ad\xC3\xA4").has_value());
}

TEST(Username, CanBeDerivedFromAnything) {
    EXPECT_EQ(Username::derived_from("ada+photos").text(), "ada-photos");
    EXPECT_EQ(Username::derived_from("a").text(), "a--");
    EXPECT_TRUE(Username::parse(Username::derived_from(std::string(64, '!')).text()).has_value());
}

TEST(FullName, CountsCharactersNotBytes) {
    std::string name;
    for (int i = 0; i < 200; ++i) name += "\xE5\xB1\xB1";

    EXPECT_TRUE(FullName::parse(name).has_value());
    EXPECT_FALSE(FullName::parse(name + "a").has_value());
    EXPECT_EQ(FullName::parse(" Ada Lovelace ").value().text(), "Ada Lovelace");
    EXPECT_TRUE(FullName::parse("").has_value());
}

TEST(FullName, RefusesControlCharactersAndBrokenUtf8) {
    EXPECT_FALSE(FullName::parse("Ada\nLovelace").has_value());
    EXPECT_FALSE(FullName::parse("Ada\xFF").has_value());
}

TEST(AvatarUrl, TakesWebAddressesAndOwnPathsOnly) {
    for (const auto* url :
         {"", "https://example.com/ada.png?size=64#x", "http://127.0.0.1:8000/images/1/download", "/images/1/download"}) {
        EXPECT_TRUE(AvatarUrl::parse(url).has_value()) << url;
    }
    for (const auto* url :
         {"javascript:alert(1)", "data:text/html,x", "//evil.example/x", "https://", "https://a:b@example.com/",
          "https://example.com/a b", "ftp://example.com/", "https://example.com/\"onload="}) {
        EXPECT_FALSE(AvatarUrl::parse(url).has_value()) << url;
    }
}

TEST(Text, CountsCodePointsOfWellFormedUtf8Only) {
    EXPECT_EQ(count_code_points("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xB7"), 4U);
    EXPECT_EQ(count_code_points("\xC0\x80"), std::nullopt);          // overlong
    EXPECT_EQ(count_code_points("\xED\xA0\x80"), std::nullopt);      // surrogate
    EXPECT_EQ(count_code_points("\xF4\x90\x80\x80"), std::nullopt);  // past U+10FFFF
    EXPECT_EQ(count_code_points("\xE2\x82"), std::nullopt);          // cut
}

}  // namespace
}  // namespace darkroom::identity
