#include "platform/service/health.hpp"

#include "platform/async/runtime.hpp"
#include "platform/core/error.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Verdict, ARequiredDependencyAwayIsUnhealthyAnOptionalOneDegraded) {
    EXPECT_EQ(verdict({}), HealthStatus::healthy);
    EXPECT_EQ(verdict({{"redis", false, false}}), HealthStatus::degraded);
    EXPECT_EQ(verdict({{"redis", false, false}, {"postgres", true, false}}), HealthStatus::unhealthy);
    EXPECT_EQ(verdict({{"redis", false, true}, {"postgres", true, true}}), HealthStatus::healthy);
}

awaitable<bool> answer(bool present) {
    co_return present;
}

awaitable<bool> refuse() {
    fail({Kind::unavailable, "database_unavailable", "away"});
    co_return true;
}

awaitable<> ask(HealthReport& report) {
    HealthChecks checks("user-service");
    checks.add("postgres", true, [] { return refuse(); });
    checks.add("redis", false, [] { return answer(true); });
    report = co_await checks.report();
}

TEST(HealthChecks, AskEveryDependencyAndSurviveARefusal) {
    Runtime runtime;
    HealthReport report;

    runtime.run(ask(report));

    EXPECT_EQ(report.status, HealthStatus::unhealthy);
    EXPECT_EQ(report.dependencies.at("postgres"), HealthStatus::unhealthy);
    EXPECT_EQ(report.dependencies.at("redis"), HealthStatus::healthy);
    EXPECT_GT(report.memory_usage, 1);
}

}  // namespace
}  // namespace darkroom
