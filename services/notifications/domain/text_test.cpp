#include "services/notifications/domain/text.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications {
namespace {

TEST(Title, CountsCharactersAndNotBytes) {
    std::string umlauts;
    for (int i = 0; i < 200; ++i) umlauts += "ü";

    EXPECT_TRUE(Title::parse(umlauts).has_value());
    EXPECT_TRUE(Title::parse(umlauts + "x").has_error());
    EXPECT_TRUE(Title::parse("").has_error());
}

TEST(Message, RefusesControlCharactersButLineBreaksAndTabs) {
    EXPECT_TRUE(Message::parse("one\n\ttwo").has_value());
    EXPECT_TRUE(Message::parse(std::string_view("a\0b", 3)).has_error());
    EXPECT_TRUE(Message::parse("\x1b[31m").has_error());
}

TEST(TypeFilter, TakesTypesThatNobodyHasSentButNothingIllFormed) {
    EXPECT_TRUE(TypeFilter::parse("welcome").has_value());
    EXPECT_TRUE(TypeFilter::parse("never_heard_of").has_value());
    for (const auto* text : {"", "Welcome", "a-b", "1st", "a b", "x%00"})
        EXPECT_TRUE(TypeFilter::parse(text).has_error()) << text;
}

TEST(SortOrder, IsByTimeOfCreationOnly) {
    EXPECT_TRUE(SortOrder::parse("created_at")->is_ascending());
    EXPECT_FALSE(SortOrder::parse("-created_at")->is_ascending());
    EXPECT_TRUE(SortOrder::parse("title").has_error());
}

TEST(IdempotencyKey, IsVisibleAsciiOfBoundedLength) {
    EXPECT_TRUE(IdempotencyKey::parse("order-42").has_value());
    EXPECT_TRUE(IdempotencyKey::parse(std::string(129, 'x')).has_error());
    EXPECT_TRUE(IdempotencyKey::parse("a b").has_error());
}

}  // namespace
}  // namespace darkroom::notifications
