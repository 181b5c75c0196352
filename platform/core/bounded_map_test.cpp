#include "platform/core/bounded_map.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(BoundedMap, ForgetsTheOldestBeyondItsLimit) {
    BoundedMap<int> map(2);

    map.set("a", 1);
    map.set("b", 2);
    map.set("c", 3);

    EXPECT_EQ(map.size(), 2U);
    EXPECT_EQ(map.find("a"), nullptr);
    EXPECT_EQ(*map.find("b"), 2);
    EXPECT_EQ(*map.find("c"), 3);
}

TEST(BoundedMap, AValueSetAgainIsNewButAsOldAsBefore) {
    BoundedMap<int> map(2);
    map.set("a", 1);
    map.set("b", 2);

    EXPECT_FALSE(map.set("a", 9));
    EXPECT_EQ(*map.find("a"), 9);
    EXPECT_TRUE(map.set("c", 3));

    EXPECT_EQ(map.find("a"), nullptr);
    EXPECT_EQ(*map.find("b"), 2);
}

TEST(BoundedMap, WhatIsErasedMakesRoom) {
    BoundedMap<std::string> map(2);
    map.set("a", "1");
    map.set("b", "2");

    map.erase("a");
    map.erase("unknown");
    map.set("c", "3");

    EXPECT_EQ(map.find("a"), nullptr);
    EXPECT_EQ(*map.find("b"), "2");
    EXPECT_EQ(map.size(), 2U);
}

}  // namespace
}  // namespace darkroom
