#include "services/images/domain/job.hpp"

#include <gtest/gtest.h>

namespace darkroom::images {
namespace {

TEST(Job, OnlyQueuedAndProcessingMayStillChange) {
    EXPECT_FALSE(is_final(JobStatus::queued));
    EXPECT_FALSE(is_final(JobStatus::processing));
    EXPECT_TRUE(is_final(JobStatus::completed));
    EXPECT_TRUE(is_final(JobStatus::failed));
    EXPECT_TRUE(is_final(JobStatus::cancelled));
}

TEST(Job, CancellingWhatHasEndedIsAConflict) {
    EXPECT_EQ(check_cancel(JobStatus::completed).error().code, "processing_finished");
    EXPECT_EQ(check_cancel(JobStatus::failed).error().kind, Kind::conflict);
    EXPECT_TRUE(check_cancel(JobStatus::queued).has_value());
    EXPECT_TRUE(check_cancel(JobStatus::processing).has_value());
    EXPECT_TRUE(check_cancel(JobStatus::cancelled).has_value());
}

TEST(Retry, ThirdCrashIsFinal) {
    const RetryPolicy policy;

    EXPECT_EQ(retry_delay(policy, 1, 1), 200ms);
    EXPECT_EQ(retry_delay(policy, 2, 2), 400ms);
    EXPECT_EQ(retry_delay(policy, 3, 3), std::nullopt);
}

TEST(Retry, AnInterruptedAttemptIsRepeatedAtOnceButNotForEver) {
    const RetryPolicy policy;

    EXPECT_EQ(retry_delay(policy, 0, 4), 0ms);
    EXPECT_EQ(retry_delay(policy, 0, 10), std::nullopt);
}

TEST(Progress, NeverGoesBackAndNeverSaysHundredItself) {
    ProgressGate gate(0ms, 20);
    const SteadyClock::time_point start{};

    EXPECT_EQ(gate.offer(10, start), std::nullopt);
    EXPECT_EQ(gate.offer(30, start), 30);
    EXPECT_EQ(gate.offer(30, start), std::nullopt);
    EXPECT_EQ(gate.offer(100, start), 99);
    EXPECT_EQ(gate.offer(100, start), std::nullopt);
}

TEST(Progress, IsToldAtMostOncePerInterval) {
    ProgressGate gate(100ms);
    const SteadyClock::time_point start{};

    EXPECT_EQ(gate.offer(1, start), 1);
    EXPECT_EQ(gate.offer(50, start + 99ms), std::nullopt);
    EXPECT_EQ(gate.offer(60, start + 100ms), 60);
}

}  // namespace
}  // namespace darkroom::images
