#include "platform/pg/parameters.hpp"

#include <gtest/gtest.h>

namespace darkroom::pg {
namespace {

enum class Colour { red, default_ };
BOOST_DESCRIBE_ENUM(Colour, red, default_)

TEST(Parameters, AreBoundAsTextByType) {
    const auto id = UserId::trusted("user-001");
    const auto time = parse_rfc3339("2026-03-01T10:00:00.123456Z").value();

    const auto bound =
        bind_parameters("text", id, Colour::default_, true, 42, 1.5, time, std::optional<int>{}, json::Object{{"a", 1}}, 90s);

    const Parameters expected{"text",
                              "user-001",
                              "default",
                              "t",
                              "42",
                              "1.5",
                              "2026-03-01T10:00:00.123456Z",
                              {},
                              R"({"a":1})",
                              "90000000 microseconds"};
    EXPECT_EQ(bound, expected);
}

TEST(Parameters, ArraysQuoteEveryElement) {
    const auto text = to_parameter(std::vector<std::string>{"a", "b\"c", "d\\e", "f,g}", "", "NULL"});

    EXPECT_EQ(text, R"({"a","b\"c","d\\e","f,g}","","NULL"})");
    EXPECT_EQ(to_parameter(std::vector<std::int64_t>{1, -2}), R"({"1","-2"})");
    EXPECT_EQ(to_parameter(std::vector<std::string>{}), "{}");
}

TEST(Arrays, ReadBackWhatWasWritten) {
    const std::vector<std::optional<std::string>> elements{"a", "b\"c", "d\\e", "f,g}", "", "NULL", std::nullopt};

    EXPECT_EQ(parse_array(array_text(elements)), elements);
    EXPECT_TRUE(parse_array("{}").empty());
}

TEST(Arrays, RefuseWhatIsNoArray) {
    for (const auto* text : {"", "{", "}", "{a", "{\"a}", "{a}b", "{{a}}"}) {
        EXPECT_THROW(parse_array(text), std::logic_error) << text;
    }
}

}  // namespace
}  // namespace darkroom::pg
