#include "services/event_bus/cloud_events.hpp"

#include <gmock/gmock.h>

namespace darkroom::event_bus {
namespace {

bus::Envelope an_event() {
    bus::Envelope event;
    event.id = "e-1";
    event.position = 17;
    event.type = "image.uploaded";
    event.source = "image-service";
    event.timestamp = parse_rfc3339("2026-11-22T08:00:00.123Z").value();
    event.data = R"({"n":1.50})";
    event.correlation_id = "c-1";
    return event;
}

TEST(CloudEvents, AreAskedForByEitherTypeAndNotByAnythingElse) {
    EXPECT_TRUE(wants_cloud_events("application/cloudevents+json"));
    EXPECT_TRUE(wants_cloud_events("text/html, Application/CloudEvents-Batch+JSON;q=0.8"));
    EXPECT_FALSE(wants_cloud_events(""));
    EXPECT_FALSE(wants_cloud_events("*/*"));
    EXPECT_FALSE(wants_cloud_events("application/json, application/cloudevents+json;q=0"));
}

TEST(CloudEvents, SayTheSameInTheirOwnWords) {
    const auto text = to_cloud_event(an_event());
    const auto event = json::parse(text).value().as_object();

    EXPECT_EQ(event.at("specversion"), "1.0");
    EXPECT_EQ(event.at("id"), "e-1");
    EXPECT_EQ(event.at("source"), "image-service");
    EXPECT_EQ(event.at("type"), "image.uploaded");
    EXPECT_EQ(event.at("time"), "2026-11-22T08:00:00.123Z");
    EXPECT_EQ(event.at("sequence"), "00000000000000000017");
    EXPECT_EQ(event.at("position"), 17);
    EXPECT_THAT(text, ::testing::HasSubstr(R"("data":{"n":1.50})"));
    EXPECT_FALSE(event.contains("userid"));
}

TEST(CloudEvents, ABatchIsAnArray) {
    EXPECT_EQ(to_cloud_batch({}), "[]");
    EXPECT_EQ(json::parse(to_cloud_batch({an_event(), an_event()})).value().as_array().size(), 2U);
}

}  // namespace
}  // namespace darkroom::event_bus
