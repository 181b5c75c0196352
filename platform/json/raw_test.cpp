#include "platform/json/raw.hpp"

#include <gmock/gmock.h>

namespace darkroom::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RawMember, KeepsTheTextByteForByte) {
    const auto* const text = R"( {"a": 1.0 , "data" : {"x":[1,{"}":"\"]"}], "y" : 1e0 }, "b":"}"} )";

    EXPECT_EQ(raw_member(text, "data"), R"({"x":[1,{"}":"\"]"}], "y" : 1e0 })");
    EXPECT_EQ(raw_member(text, "a"), "1.0");
    EXPECT_EQ(raw_member(text, "b"), R"("}")");
    EXPECT_EQ(raw_member(text, "x"), std::nullopt);
    EXPECT_EQ(raw_member("{}", "a"), std::nullopt);
}

TEST(RawMembers, AreKeysAndValuesAsWritten) {
    const auto members = raw_members(R"( {"a" : 1.0 , "\u0062":{"c":[]} } )");

    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0].key, R"("a")");
    EXPECT_EQ(members[0].value, "1.0");
    EXPECT_EQ(members[1].key, R"("\u0062")");
    EXPECT_EQ(members[1].value, R"({"c":[]})");
    EXPECT_THAT(raw_members("{ }"), IsEmpty());
}

TEST(RawElements, SplitsAnArray) {
    EXPECT_THAT(raw_elements(R"([ {"a":[1,2]}, "x,]" ,3,null])"), ElementsAre(R"({"a":[1,2]})", R"("x,]")", "3", "null"));
    EXPECT_THAT(raw_elements("[ ]"), IsEmpty());
}

}  // namespace
}  // namespace darkroom::json
