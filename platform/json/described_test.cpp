#include "platform/json/schema.hpp"

#include <gtest/gtest.h>

namespace darkroom::json {
namespace {

enum class Colour { red, green, default_ };
BOOST_DESCRIBE_ENUM(Colour, red, green, default_)

struct Inner {
    int size = 0;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (size, note))

struct Outer {
    std::string name;
    Colour colour{};
    std::vector<Inner> inners;
    std::optional<Timestamp> at;
    std::optional<double> ratio;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, colour, inners, at, ratio))

TEST(Decode, ReadsNestedStructs) {
    const auto outer =
        decode_json<Outer>(R"({"name":"a","colour":"default","inners":[{"size":3,"note":"x"}],"at":"2026-11-22T08:00:00Z"})");

    ASSERT_TRUE(outer.has_value()) << outer.error().detail;
    EXPECT_EQ(outer->colour, Colour::default_);
    EXPECT_EQ(outer->inners.at(0).size, 3);
    EXPECT_EQ(outer->inners.at(0).note, "x");
    EXPECT_FALSE(outer->ratio.has_value());
}

TEST(Decode, ReportsEveryBadFieldWithItsPath) {
    const auto outer = decode_json<Outer>(R"({"colour":"blue","inners":[{"size":1},{"size":"2"}],"at":5,"more":1})");

    ASSERT_TRUE(outer.has_error());
    const std::vector<FieldError> expected{{"name", "is required"},
                                           {"colour", "must be one of red, green, default"},
                                           {"inners[1].size", "must be a whole number"},
                                           {"at", "must be a string"},
                                           {"more", "is not a known field"}};
    EXPECT_EQ(outer.error().fields, expected);
}

TEST(Decode, IgnoresUnknownMembersOfEvents) {
    EXPECT_TRUE(decode_json<Inner>(R"({"size":1,"new":true})", Unknown::ignore).has_value());
}

TEST(Decode, RefusesIntegersThatDoNotFit) {
    EXPECT_TRUE(decode_json<Inner>(R"({"size":5000000000})").has_error());
    EXPECT_TRUE(decode_json<Inner>(R"({"size":1.5})").has_error());
    EXPECT_EQ(decode_json<Inner>(R"({"size":1.0})").value().size, 1);
}

TEST(Parse, RefusesDuplicateKeysAndDeepNesting) {
    EXPECT_TRUE(parse(R"({"a":1,"b":{"a":2}})").has_value());
    EXPECT_TRUE(parse(R"({"a":1,"a":2})").has_error());
    EXPECT_TRUE(parse(R"({"a":1,"\u0061":2})").has_error());
    EXPECT_TRUE(parse(std::string(40, '[') + std::string(40, ']')).has_error());
    EXPECT_TRUE(parse("{} x").has_error());
    EXPECT_TRUE(parse("").has_error());
}

TEST(Encode, RoundTrips) {
    const auto text =
        R"({"name":"a","colour":"green","inners":[{"size":1,"note":null}],"at":"2026-11-22T08:00:00.000Z","ratio":0.5})";

    const auto value = encode(decode_json<Outer>(text).value());

    EXPECT_EQ(value, parse(text).value());
}

TEST(Serialize, WritesNumbersAsPeopleDo) {
    const Value value{2.5, 1.0, 1e300, -3, 18446744073709551615ULL, nullptr, true, "a\"b", Object{{"k", Array{}}}};

    EXPECT_EQ(json::serialize(value), R"([2.5,1,1e+300,-3,18446744073709551615,null,true,"a\"b",{"k":[]}])");
}

TEST(Pretty, IndentsAndStaysTheSameValue) {
    const auto value = parse(R"({"a":[1,{"b":"x\"y"}],"c":{},"d":[]})").value();

    EXPECT_EQ(pretty(value),
              "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\\\"y\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
    EXPECT_EQ(parse(pretty(value)).value(), value);
}

TEST(Schema, NamesTypesAndRequiredFields) {
    const auto object = schema<Inner>();

    EXPECT_EQ(Value(object), parse(R"({"type":"object","properties":{"size":{"type":"integer"},
        "note":{"type":["string","null"]}},"required":["size"]})")
                                 .value());
}

}  // namespace
}  // namespace darkroom::json
