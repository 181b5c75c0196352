#include "platform/core/ids.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Uuid, IsVersionSevenAndWellFormed) {
    const auto id = new_uuid();

    EXPECT_TRUE(is_uuid(id)) << id;
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(Uuid, TwoAreNeverEqual) {
    EXPECT_NE(new_uuid(), new_uuid());
}

TEST(Id, RefusesWhatCouldEscapeAPathOrALog) {
    for (const auto* text : {"", "a/b", "a b", "a\nb", "\xff"}) EXPECT_TRUE(UserId::parse(text).has_error()) << text;
    EXPECT_TRUE(UserId::parse(std::string(65, 'a')).has_error());
    EXPECT_TRUE(UserId::parse("admin-001").has_value());
}

TEST(CorrelationId, ReplacesAnIllFormedOne) {
    EXPECT_EQ(CorrelationId::accept_or_create("abc-1.2_3").text(), "abc-1.2_3");
    EXPECT_TRUE(is_uuid(CorrelationId::accept_or_create("a b").text()));
    EXPECT_TRUE(is_uuid(CorrelationId::accept_or_create(std::string(129, 'a')).text()));
}

}  // namespace
}  // namespace darkroom
