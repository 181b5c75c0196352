#include "services/notifications/domain/frames.hpp"

#include "platform/json/described.hpp"
#include "services/notifications/domain/recent_ids.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications {
namespace {

const auto noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

std::string type_of(std::string_view frame) {
    return std::string(json::parse(frame)->at("type").as_string());
}

TEST(Frames, TheFirstSaysThatTheConnectionStands) {
    const auto frame = json::parse(connection_frame(noon));

    EXPECT_EQ(frame->at("type").as_string(), "connection");
    EXPECT_EQ(frame->at("timestamp").as_string(), "2026-03-01T12:00:00.000Z");
    EXPECT_TRUE(frame->at("message").is_string());
}

TEST(Frames, APingIsAnsweredByAPongAndAMistakeByAnError) {
    EXPECT_EQ(type_of(answer_to(R"({"type": "ping"})", noon)), "pong");
    for (const auto* mistake : {"", "hello", "[]", "{}", R"({"type": 1})", R"({"type": "subscribe"})"}) {
        EXPECT_EQ(type_of(answer_to(mistake, noon)), "error") << mistake;
    }
}

TEST(RecentIds, TellTheFirstTimeFromTheSecondAndForgetTheOldest) {
    RecentIds ids(2);

    EXPECT_TRUE(ids.insert("a"));
    EXPECT_FALSE(ids.insert("a"));
    EXPECT_TRUE(ids.insert("b"));
    EXPECT_TRUE(ids.insert("c"));
    EXPECT_FALSE(ids.insert("b"));
    EXPECT_TRUE(ids.insert("a"));
}

}  // namespace
}  // namespace darkroom::notifications
