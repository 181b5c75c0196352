#include "services/event_bus/published_events.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

auth::Caller a_service() {
    return {.kind = auth::CallerKind::service, .service = "image-service"};
}

auth::Caller an_admin() {
    return {.kind = auth::CallerKind::user, .user_id = UserId::trusted("admin-001"), .role = auth::Role::admin};
}

TEST(PublishedEvents, KeepDataByteForByte) {
    const auto caller = a_service();

    const auto published = parse_published(R"({"type":"a.b","data":{"x": 1.0,  "y":[ ]}})", {caller, "c-1"});

    ASSERT_TRUE(published.has_value());
    EXPECT_EQ(published->events.at(0).data, R"({"x": 1.0,  "y":[ ]})");
    EXPECT_EQ(published->events.at(0).source, "image-service");
    EXPECT_EQ(published->events.at(0).correlation_id, "c-1");
    EXPECT_FALSE(published->many);
}

TEST(PublishedEvents, NameEveryBadFieldOfEveryItem) {
    const auto caller = a_service();

    const auto published = parse_published(
        R"([{"type":"a.b","data":{}},{"type":"A","data":[]},{"data":{},"source":"a b","more":1}])", {caller, "c"});

    ASSERT_TRUE(published.has_error());
    const std::vector<FieldError> expected{{"[1].type", "must be an event type such as image.uploaded"},
                                           {"[1].data", "must be an object"},
                                           {"[2].type", "is required"},
                                           {"[2].more", "is not a known field"}};
    EXPECT_EQ(published.error().fields, expected);
}

TEST(PublishedEvents, APersonCannotSpeakForAService) {
    const auto caller = an_admin();

    const auto published = parse_published(
        R"({"type":"a.b","data":{},"source":"auth-service","timestamp":"2001-01-01T00:00:00Z"})", {caller, "c"});

    ASSERT_TRUE(published.has_value());
    EXPECT_EQ(published->events.at(0).source, "user:admin-001");
    EXPECT_GT(published->events.at(0).timestamp, parse_rfc3339("2026-01-01T00:00:00Z").value());
}

TEST(PublishedEvents, RefuseHugePayloadsAndTooMany) {
    const auto caller = a_service();
    std::string many = "[";
    for (int i = 0; i < 1001; ++i) many += std::string(i > 0 ? "," : "") + R"({"type":"a","data":{}})";

    EXPECT_TRUE(
        parse_published(R"({"type":"a","data":{"x":")" + std::string(70'000, 'x') + R"("}})", {caller, "c"}).has_error());
    EXPECT_TRUE(parse_published(many + "]", {caller, "c"}).has_error());
}

}  // namespace
}  // namespace darkroom::event_bus
