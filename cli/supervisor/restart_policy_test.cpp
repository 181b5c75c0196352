#include "cli/supervisor/restart_policy.hpp"

#include <gtest/gtest.h>

namespace darkroom::cli {
namespace {

TEST(RestartPolicy, DoublesUpToTenSeconds) {
    RestartPolicy policy;

    EXPECT_EQ(policy.delay_after(0ms), 100ms);
    EXPECT_EQ(policy.delay_after(0ms), 200ms);
    Milliseconds last{};
    for (int i = 0; i < 20; ++i) last = policy.delay_after(0ms);

    EXPECT_EQ(last, 10s);
}

TEST(RestartPolicy, ForgivesAProcessThatStoodForHalfAMinute) {
    RestartPolicy policy;
    for (int i = 0; i < 20; ++i) policy.delay_after(0ms);

    EXPECT_EQ(policy.delay_after(30s), 100ms);
}

TEST(RestartPolicy, DoesNotForgiveOneThatAlmostStood) {
    RestartPolicy policy;
    policy.delay_after(0ms);

    EXPECT_EQ(policy.delay_after(29s), 200ms);
}

}  // namespace
}  // namespace darkroom::cli
