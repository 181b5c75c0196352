#include "services/auth/domain/totp.hpp"

#include <gtest/gtest.h>

#include <set>

namespace darkroom::accounts {
namespace {

constexpr std::string_view rfc_secret = "12345678901234567890";

// RFC 6238, appendix B, cut to six digits.
TEST(Totp, GivesTheCodesOfTheStandard) {
    const auto at = [](std::int64_t seconds) { return totp_code(rfc_secret, totp_step(Timestamp{Seconds{seconds}})); };

    EXPECT_EQ(at(59), "287082");
    EXPECT_EQ(at(1'111'111'109), "081804");
    EXPECT_EQ(at(1'111'111'111), "050471");
    EXPECT_EQ(at(1'234'567'890), "005924");
    EXPECT_EQ(at(2'000'000'000), "279037");
    EXPECT_EQ(at(20'000'000'000), "353130");
}

TEST(Totp, TakesACodeOfTheNeighbouringStepsOnly) {
    const auto moment = Timestamp{Seconds{1'111'111'111}};
    const auto present = totp_step(moment);

    for (const auto step : {present - 1, present, present + 1}) {
        EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, step), moment), step);
    }
    EXPECT_FALSE(matching_step(rfc_secret, totp_code(rfc_secret, present + 2), moment));
    EXPECT_FALSE(matching_step(rfc_secret, "50471", moment));
    EXPECT_FALSE(matching_step(rfc_secret, "", moment));
}

// RFC 4648, section 10.
TEST(Base32, IsThatOfTheStandard) {
    EXPECT_EQ(base32_encode("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(base32_encode("fo"), "MZXQ");
    EXPECT_EQ(base32_encode(""), "");
}

TEST(Totp, IsToldToAnAppByAUri) {
    EXPECT_EQ(totp_uri("foobar", "ada@example.com"),
              "otpauth://totp/Darkroom:ada%40example.com?secret=MZXW6YTBOI&issuer=Darkroom&algorithm=SHA1&digits=6&period=30");
    EXPECT_EQ(new_totp_secret().reveal().size(), 20U);
}

TEST(RecoveryCodes, AreTenDifferentOnesInAnyCaseAndWithAnyDashes) {
    const auto codes = new_recovery_codes();

    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), 10U);
    EXPECT_EQ(codes.front().size(), 19U);
    EXPECT_EQ(normal_recovery_code("K7MW-2q9d x4hn-P3VT"), "k7mw2q9dx4hnp3vt");
}

}  // namespace
}  // namespace darkroom::accounts
