#include "services/auth/domain/lockout.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

TEST(Lockout, GrowsFromAMinuteToAnHour) {
    EXPECT_FALSE(lock_after(0));
    EXPECT_FALSE(lock_after(9));
    EXPECT_EQ(lock_after(10), Seconds{60});
    EXPECT_EQ(lock_after(11), Seconds{120});
    EXPECT_EQ(lock_after(15), Seconds{1920});
    EXPECT_EQ(lock_after(16), Seconds{3600});
    EXPECT_EQ(lock_after(1'000'000), Seconds{3600});
}

}  // namespace
}  // namespace darkroom::accounts
