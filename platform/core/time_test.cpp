#include "platform/core/time.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Timestamp, RoundTripsThroughRfc3339) {
    const auto time = parse_rfc3339("2026-11-22T08:00:00.123Z");

    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(to_rfc3339(*time), "2026-11-22T08:00:00.123Z");
}

TEST(Timestamp, AppliesTheOffset) {
    EXPECT_EQ(to_rfc3339(parse_rfc3339("2026-01-01T00:30:00+01:00").value()), "2025-12-31T23:30:00.000Z");
    EXPECT_EQ(to_rfc3339(parse_rfc3339("2026-01-01 00:30:00.5+00").value()), "2026-01-01T00:30:00.500Z");
}

TEST(Timestamp, RefusesWhatIsNoMoment) {
    for (const auto* text : {"", "2026-11-22", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T08:00:00",
                             "2026-11-22T08:00:00.Z", "2026-11-22T08:00:00Zx", "yesterday"}) {
        EXPECT_TRUE(parse_rfc3339(text).has_error()) << text;
    }
}

TEST(Timestamp, WritesHttpDates) {
    EXPECT_EQ(to_http_date(parse_rfc3339("1994-11-06T08:49:37Z").value()), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace darkroom
