#include "platform/bus/type_pattern.hpp"

#include <gtest/gtest.h>

namespace darkroom::bus {
namespace {

TEST(TypePatterns, FitATypeAFamilyOrEverything) {
    EXPECT_TRUE(pattern_fits("*", "image.uploaded"));
    EXPECT_TRUE(pattern_fits("image.uploaded", "image.uploaded"));
    EXPECT_TRUE(pattern_fits("image.*", "image.uploaded"));
    EXPECT_TRUE(pattern_fits("image.*", "image.processing.started"));
}

TEST(TypePatterns, FitWholePartsOnly) {
    EXPECT_FALSE(pattern_fits("image.*", "image"));
    EXPECT_FALSE(pattern_fits("image.*", "images.uploaded"));
    EXPECT_FALSE(pattern_fits("image", "image.uploaded"));
    EXPECT_FALSE(pattern_fits("im*", "image"));
}

}  // namespace
}  // namespace darkroom::bus
