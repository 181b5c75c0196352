#include "services/notifications/domain/rules.hpp"

#include <gtest/gtest.h>

#include <set>

namespace darkroom::notifications {
namespace {

Result<std::optional<Draft>> draft_of(std::string_view event_type, std::string_view data) {
    for (const auto& rule : rules()) {
        if (rule.event_type == event_type) return rule.draft(data);
    }
    return std::optional<Draft>{};
}

std::string user_updated(std::string_view fields) {
    return R"({"user_id": "user-1", "email": "ada@example.com", "username": "ada", "full_name": "Ada", "role": "premium",
               "status": "active", "avatar_url": null, "created_at": "2026-11-22T08:00:00.000Z",
               "updated_at": "2026-11-22T08:00:00.000Z", "version": 2, "updated_fields": )" +
           std::string(fields) + "}";
}

TEST(Rules, HaveAtMostOneRowPerEventType) {
    std::set<std::string_view> seen;

    for (const auto& rule : rules()) EXPECT_TRUE(seen.insert(rule.event_type).second) << rule.event_type;
}

TEST(Rules, ANewAccountIsWelcomedByName) {
    const auto draft = draft_of("user.created",
                                R"({"user_id": "user-1", "email": "ada@example.com", "username": "ada", "full_name": "Ada",
                                    "role": "user", "status": "active", "created_at": "2026-11-22T08:00:00.000Z",
                                    "updated_at": "2026-11-22T08:00:00.000Z", "version": 1, "a_later_field": 1})");

    ASSERT_TRUE(draft.has_value() && draft->has_value());
    EXPECT_EQ((*draft)->type, NotificationType::welcome);
    EXPECT_NE((*draft)->message.find("ada"), std::string::npos);
}

TEST(Rules, ACompletedJobNamesTheUploadAndTheTransformation) {
    const auto draft = draft_of("image.processing.completed",
                                R"({"processing_id": "job-1", "upload_id": "upload-1", "transformation_type": "gaussian_blur",
                                    "progress": 100, "processing_time_ms": 321})");

    ASSERT_TRUE(draft.has_value() && draft->has_value());
    EXPECT_EQ((*draft)->type, NotificationType::image_processing_completed);
    EXPECT_EQ((*draft)->message, "The result of gaussian blur can be downloaded now.");
    EXPECT_EQ((*draft)->data.at("upload_id").as_string(), "upload-1");
    EXPECT_EQ((*draft)->data.at("processing_id").as_string(), "job-1");
}

TEST(Rules, AFailedJobSaysWhy) {
    const auto draft = draft_of("image.processing.failed",
                                R"({"processing_id": "job-1", "upload_id": "upload-1", "transformation_type": "resize",
                                    "progress": 40, "error": "the image is truncated"})");

    ASSERT_TRUE(draft.has_value() && draft->has_value());
    EXPECT_EQ((*draft)->type, NotificationType::image_processing_failed);
    EXPECT_NE((*draft)->message.find("the image is truncated"), std::string::npos);
}

TEST(Rules, AnUpdateTellsOnlyOfANewRole) {
    const auto renamed = draft_of("user.updated", user_updated(R"(["username"])"));
    const auto promoted = draft_of("user.updated", user_updated(R"(["role", "username"])"));

    ASSERT_TRUE(renamed.has_value() && promoted.has_value());
    EXPECT_FALSE(renamed->has_value());
    ASSERT_TRUE(promoted->has_value());
    EXPECT_EQ((*promoted)->type, NotificationType::role_changed);
    EXPECT_EQ((*promoted)->data.at("role").as_string(), "premium");
}

TEST(Rules, DataThatBreaksTheContractIsAnErrorAndNotAnEmptyNotification) {
    EXPECT_TRUE(draft_of("user.created", R"({"email": "ada@example.com"})").has_error());
    EXPECT_TRUE(draft_of("user.created", "[]").has_error());
}

}  // namespace
}  // namespace darkroom::notifications
