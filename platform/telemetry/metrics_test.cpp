#include "platform/telemetry/metrics.hpp"

#include <gmock/gmock.h>

namespace darkroom::telemetry {
namespace {

using testing::HasSubstr;

TEST(Metrics, CountsRequestsByRouteTemplate) {
    Metrics metrics("user-service");

    metrics.count_request("GET", "/users/{id}", 200, 0.002);
    metrics.count_request("GET", "/users/{id}", 404, 0.002);
    metrics.count_request("GET", "/users/{id}", 404, 0.002);

    const auto text = metrics.scrape();
    EXPECT_THAT(text, HasSubstr("# HELP darkroom_http_request_duration_seconds"));
    EXPECT_THAT(text, HasSubstr(R"(darkroom_http_errors_total{method="GET",route="/users/{id}",status="404"} 2)"));
    EXPECT_THAT(text,
                HasSubstr(R"(darkroom_http_request_duration_seconds_count{method="GET",route="/users/{id}",status="200"} 1)"));
}

TEST(Metrics, AsksObservedGaugesAtEveryScrape) {
    Metrics metrics("user-service");
    double depth = 1;
    metrics.observe("darkroom_queue_depth", "Waiting.", {}, [&depth] { return depth; });
    metrics.scrape();

    depth = 7;

    EXPECT_THAT(metrics.scrape(), HasSubstr("darkroom_queue_depth 7"));
}

}  // namespace
}  // namespace darkroom::telemetry
