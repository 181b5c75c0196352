#include "services/notifications/domain/preferences.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications {
namespace {

TEST(Preferences, ShowEveryTypeWithItsDefaultUntilToldOtherwise) {
    const std::vector<StoredPreference> stored{{NotificationType::welcome, false, true}};

    const auto all = complete(stored);

    EXPECT_EQ(all.size(), json::enum_names<NotificationType>().size());
    EXPECT_EQ(all.at("welcome"), (Channels{false, true}));
    EXPECT_EQ(all.at("broadcast"), (Channels{true, true}));
    EXPECT_EQ(all.at("image_processing_completed"), (Channels{true, false})) << "nobody wants a mail for each job";
}

TEST(Preferences, AChangeKeepsWhatItDoesNotName) {
    const std::vector<StoredPreference> stored{{NotificationType::login, true, false}};

    const auto rows = rows_after({{"login", {.in_app = false}}}, complete(stored));

    ASSERT_TRUE(rows.has_value());
    EXPECT_EQ(*rows, (std::vector<StoredPreference>{{NotificationType::login, false, false}}));
}

TEST(Preferences, EveryUnknownTypeOfAChangeIsNamed) {
    const auto rows = rows_after({{"login", {}}, {"logon", {}}, {"welcom", {}}}, complete({}));

    ASSERT_TRUE(rows.has_error());
    ASSERT_EQ(rows.error().fields.size(), 2U);
    EXPECT_EQ(rows.error().fields[0].field, "logon");
    EXPECT_EQ(rows.error().fields[1].field, "welcom");
}

}  // namespace
}  // namespace darkroom::notifications
