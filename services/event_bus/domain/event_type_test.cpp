#include "services/event_bus/domain/event_type.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

TEST(EventType, IsPartsJoinedByDots) {
    for (const auto* text : {"user.created", "image.processing.started", "a_1"}) EXPECT_TRUE(EventType::parse(text)) << text;
    for (const auto* text : {"", ".", "a.", ".a", "a..b", "A.b", "image.*", "a b", "a-b"}) {
        EXPECT_FALSE(EventType::parse(text)) << text;
    }
    EXPECT_FALSE(EventType::parse(std::string(101, 'a')));
}

TEST(TypePattern, APrefixMatchesWholePartsOnly) {
    const auto images = TypePattern::parse("image.*").value();

    EXPECT_TRUE(images.matches("image.uploaded"));
    EXPECT_TRUE(images.matches("image.processing.started"));
    EXPECT_FALSE(images.matches("image"));
    EXPECT_FALSE(images.matches("images.uploaded"));
    EXPECT_TRUE(TypePattern::parse("*").value().matches("anything"));
}

TEST(TypePattern, RefusesAStarInsideAndEscapesForSql) {
    for (const auto* text : {"im*", "*.uploaded", "image.*.x", "**", ".*"}) EXPECT_FALSE(TypePattern::parse(text)) << text;
    EXPECT_EQ(TypePattern::parse("a_b.*").value().like(), "a\\_b.%");
    EXPECT_EQ(TypePattern::parse("a_b.c").value().like(), "a\\_b.c");
    EXPECT_EQ(TypePattern::parse("*").value().like(), "%");
    EXPECT_EQ(TypePattern::parse("a.b").value().exact(), "a.b");
    EXPECT_EQ(TypePattern::parse("a.*").value().exact(), std::nullopt);
}

TEST(TypePatterns, AreParsedFromAListAndRefusedAsAWhole) {
    const auto two = TypePatterns::parse("image.*,user.created");

    ASSERT_TRUE(two.has_value());
    EXPECT_EQ(two->patterns().size(), 2U);
    EXPECT_TRUE(two->patterns().at(0).matches("image.uploaded"));
    EXPECT_FALSE(TypePatterns::parse("").has_value());
    EXPECT_FALSE(TypePatterns::parse("image.*,").has_value());
    EXPECT_FALSE(TypePatterns::parse("image.*, user").has_value());
}

}  // namespace
}  // namespace darkroom::event_bus
