#include "platform/core/encoding.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Base64Url, RoundTripsEveryLength) {
    std::string bytes;
    for (int i = 0; i < 70; ++i) {
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
        bytes += static_cast<char>(i * 37);
    }
}

TEST(Base64Url, RefusesASecondSpellingOfTheSameBytes) {
    ASSERT_EQ(base64url_decode("QQ"), "A");

    EXPECT_EQ(base64url_decode("QR"), std::nullopt);
    EXPECT_EQ(base64url_decode("QQ=="), std::nullopt);
    EXPECT_EQ(base64url_decode("Q+=="), std::nullopt);
}

TEST(Base64, PadsAsRfc4648Says) {
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, IsReadWithAndWithoutPadding) {
    EXPECT_EQ(base64_decode("Zg=="), "f");
    EXPECT_EQ(base64_decode("Zg"), "f");
    EXPECT_EQ(base64_decode("+/+/"), "\xfb\xff\xbf");
    EXPECT_EQ(base64_decode(""), "");
    EXPECT_EQ(base64_decode("===="), "");
    EXPECT_EQ(base64_decode("Z"), std::nullopt);
    EXPECT_EQ(base64_decode("Zm 9"), std::nullopt);
}

TEST(Digest, MatchesTheTestVectors) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2.
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(PercentDecode, RefusesABrokenEscape) {
    EXPECT_EQ(percent_decode("a%2Fb"), "a/b");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    EXPECT_EQ(percent_decode("%2"), std::nullopt);
    EXPECT_EQ(percent_decode("%zz"), std::nullopt);
}

TEST(PercentEncode, RoundTrips) {
    EXPECT_EQ(percent_encode("a b/c~"), "a%20b%2Fc~");
    EXPECT_EQ(percent_decode(percent_encode("50% \xc3\xa9")), "50% \xc3\xa9");
}

}  // namespace
}  // namespace darkroom
