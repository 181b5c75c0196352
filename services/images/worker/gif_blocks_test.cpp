#include "services/images/worker/gif_blocks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace darkroom::images::worker {
namespace {

/// Two colours, a comment, one frame of one pixel, the trailer.
const std::vector<std::uint8_t> gif{'G',  'I',  'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0,           // screen, with a table
                                    0,    0,    0,   255, 255, 255,                                   // its colours
                                    0x21, 0xFE, 2,   'h', 'i', 0,                                     // comment
                                    0x2C, 0,    0,   0,   0,   1,   0, 1, 0, 0, 2,    2, 0x44, 1, 0,  // frame
                                    0x3B};

TEST(GifBlocks, BreakOffInsideABlockAlone) {
    constexpr std::size_t behind_the_colours = 19;
    constexpr std::size_t behind_the_comment = 25;

    for (std::size_t size = 1; size <= gif.size(); ++size) {
        const bool between = size == behind_the_colours || size == behind_the_comment || size + 1 >= gif.size();
        EXPECT_EQ(gif_breaks_off(std::span(gif).first(size)), !between) << size;
    }
}

TEST(GifBlocks, MayBeFollowedByAnything) {
    auto longer = gif;
    longer.insert(longer.end(), {0x21, 0xFE, 200, 1});

    EXPECT_FALSE(gif_breaks_off(longer));
}

}  // namespace
}  // namespace darkroom::images::worker
