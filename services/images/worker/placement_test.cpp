#include "services/images/worker/placement.hpp"

#include <gtest/gtest.h>

namespace darkroom::images::worker {
namespace {

void expect_at(std::string_view where, int left, int top) {
    const auto corner = place(where, 100, 60);
    EXPECT_EQ(corner.left, left) << where;
    EXPECT_EQ(corner.top, top) << where;
}

TEST(Placement, FollowsTheCompass) {
    expect_at("northwest", 0, 0);
    expect_at("north", 50, 0);
    expect_at("northeast", 100, 0);
    expect_at("west", 0, 30);
    expect_at("center", 50, 30);
    expect_at("east", 100, 30);
    expect_at("southwest", 0, 60);
    expect_at("south", 50, 60);
    expect_at("southeast", 100, 60);
}

TEST(Placement, KeepsItsMarginAsFarAsThereIsRoom) {
    EXPECT_EQ(place("southeast", 100, 60, 8).left, 92);
    EXPECT_EQ(place("southeast", 100, 60, 8).top, 52);
    EXPECT_EQ(place("northwest", 100, 60, 8).left, 8);
    EXPECT_EQ(place("northwest", 5, 60, 8).left, 5);
    EXPECT_EQ(place("southeast", 5, 60, 8).left, 0);
    EXPECT_EQ(place("center", 100, 60, 8).left, 50);
}

}  // namespace
}  // namespace darkroom::images::worker
