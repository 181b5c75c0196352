// Animations keep their frames, by the real worker.
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace darkroom::images::testing {
namespace {

constexpr int width = 40;
constexpr int height = 30;

void paint(Picture& picture, int left, int top, int side, std::vector<std::uint8_t> colour) {
    for (int y = top; y < top + side; ++y) {
        for (int x = left; x < left + side; ++x) {
            for (int band = 0; band < picture.bands; ++band) {
                picture.bytes.at(static_cast<std::size_t>((y * picture.width + x) * picture.bands + band)) =
                    colour.at(static_cast<std::size_t>(band));
            }
        }
    }
}

/// Few flat colours, so that a palette holds them exactly; each frame differs, and none is symmetric.
Animation an_animation() {
    Animation animation{{}, {50, 100, 150, 200, 70}, 3};
    for (int i = 0; i < 5; ++i) {
        auto frame =
            a_plain(width, height, {static_cast<std::uint8_t>(40 * i + 20), 90, static_cast<std::uint8_t>(220 - 40 * i)});
        paint(frame, 2 + 4 * i, 3, 8, {250, 240, 10});
        animation.frames.push_back(std::move(frame));
    }
    return animation;
}

std::string pipeline_of(const std::string& step, std::string_view format) {
    const auto parameters = std::string(R"({"format":")") + std::string(format) + R"(","lossless":true})";
    return "[" + step + (step.empty() ? "" : ",") + R"({"transformation_type":"convert","parameters":)" + parameters + "}]";
}

std::string a_step(const std::string& name, const std::string& parameters = "{}") {
    return R"({"transformation_type":")" + name + R"(","parameters":)" + parameters + "}";
}

int largest_difference(const Picture& one, const Picture& other) {
    if (one.width != other.width || one.height != other.height) return 256;
    const int colours = one.bands < 3 || other.bands < 3 ? 1 : 3;
    int largest = 0;
    for (int y = 0; y < one.height; ++y) {
        for (int x = 0; x < one.width; ++x) {
            for (int band = 0; band < colours; ++band) {
                largest = std::max(largest, std::abs(one.at(x, y, band) - other.at(x, y, band)));
            }
        }
    }
    return largest;
}

class AnimationIn : public ::testing::TestWithParam<const char*> {
protected:
    std::string format() const { return GetParam(); }
    std::string file_of(const Animation& animation) const {
        return encode_frames(animation, format() == "gif" ? ".gif" : ".webp[lossless]");
    }
};

INSTANTIATE_TEST_SUITE_P(Formats, AnimationIn, ::testing::Values("gif", "webp"), [](const auto& info) { return info.param; });

// The measure is the same step on the frame alone.
TEST_P(AnimationIn, GoesThroughEveryStepFrameByFrame) {
    const auto animation = an_animation();
    const auto file = file_of(animation);

    for (const auto& step : {a_step("resize", R"({"width":20})"),
                             a_step("resize", R"({"width":64,"height":64,"fit":"pad","upscale":true})"),
                             a_step("thumbnail", R"({"size":16})"),
                             a_step("resize", R"({"width":80,"upscale":true})") + "," + a_step("thumbnail", R"({"size":40})"),
                             a_step("crop", R"({"width":20,"height":25,"gravity":"southwest"})"),
                             a_step("flip", R"({"direction":"vertical"})"),
                             a_step("flip"),
                             a_step("rotate", R"({"angle":90})"),
                             a_step("rotate", R"({"angle":180})"),
                             a_step("rotate", R"({"angle":270})"),
                             a_step("invert"),
                             a_step("sepia"),
                             a_step("grayscale"),
                             a_step("brightness"),
                             a_step("contrast"),
                             a_step("saturation"),
                             a_step("gaussian_blur"),
                             a_step("median_filter"),
                             a_step("sharpen"),
                             a_step("emboss"),
                             a_step("find_edges"),
                             a_step("contour"),
                             a_step("unsharp_mask"),
                             a_step("watermark", R"({"text":"mark","scale":0.5})")}) {
        const auto result = decode_frames(transformed(file, pipeline_of(step, format())));
        ASSERT_EQ(result.frames.size(), animation.frames.size()) << step;
        EXPECT_EQ(result.delays, animation.delays) << step;
        EXPECT_EQ(result.loop, animation.loop) << step;
        for (std::size_t i = 0; i < result.frames.size(); ++i) {
            const auto alone = decode(transformed(encode(animation.frames[i], ".png"), "[" + step + "]"));
            // A palette of 256 colours, dithered, cannot hold every mixture.
            EXPECT_LE(largest_difference(result.frames[i], alone), format() == "gif" ? 24 : 1) << step << " frame " << i;
        }
    }
}

TEST_P(AnimationIn, BecomesTheOtherFormatWithItsTimes) {
    const auto animation = an_animation();

    for (const auto* target : {"gif", "webp"}) {
        const auto result = transformed(file_of(animation), pipeline_of("", target));
        EXPECT_EQ(json::enum_text(look_at(result).format), target);
        EXPECT_EQ(look_at(result).frames, 5) << target;
        const auto played = decode_frames(result);
        EXPECT_EQ(played.delays, animation.delays) << target;
        EXPECT_EQ(played.loop, animation.loop) << target;
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_LE(largest_difference(played.frames.at(i), animation.frames[i]), 2) << target << i;
        }
    }
}

TEST_P(AnimationIn, BecomesItsFirstFrameInAStillFormat) {
    const auto animation = an_animation();

    for (const auto* target : {"png", "jpeg", "tiff", "avif"}) {
        const auto result = transformed(file_of(animation), pipeline_of("", target));
        EXPECT_EQ(look_at(result).frames, 1) << target;
        const auto picture = decode(result);
        ASSERT_EQ(picture.height, height) << target;
        for (const int band : {0, 1, 2}) {
            EXPECT_NEAR(picture.at(35, 25, band), animation.frames[0].at(35, 25, band), 6) << target;
        }
    }
    // Twice as high as the loader's word on pages: it is one page all the same.
    const auto large =
        transformed(file_of(animation), "[" + a_step("resize", R"({"width":80,"upscale":true})") + "]", Format::tiff);
    EXPECT_EQ(look_at(large).frames, 1);
    EXPECT_EQ(look_at(large).height, 60);
}

TEST_P(AnimationIn, OfOneFrameStaysOneWhateverItsHeightBecomes) {
    const auto file = encode(a_plain(20, 10, {10, 200, 30}), format() == "gif" ? ".gif" : ".webp[lossless]");

    const auto facts = look_at(transformed(file, "[" + a_step("resize", R"({"height":30,"upscale":true})") + "]"));

    EXPECT_EQ(facts.frames, 1);
    EXPECT_EQ(facts.height, 30);
}

// What draws the eye moves from frame to frame; the part that is cut out must not.
TEST_P(AnimationIn, IsCutAtOnePlaceThatTheFirstFrameDecides) {
    Animation animation{{}, {100, 100}, 0};
    for (const int left : {300, 20}) {
        auto frame = a_plain(400, 100, {90, 90, 90});
        paint(frame, left, 40, 20, {250, 20, 20});
        animation.frames.push_back(std::move(frame));
    }

    const auto steps = pipeline_of(a_step("crop", R"({"width":100,"height":100,"gravity":"attention"})"), format());
    const auto result = decode_frames(transformed(file_of(animation), steps));

    ASSERT_EQ(result.frames.size(), 2U);
    const auto has_red = [](const Picture& frame) {
        for (int y = 0; y < frame.height; ++y) {
            for (int x = 0; x < frame.width; ++x) {
                if (frame.at(x, y, 0) > 200) return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(has_red(result.frames[0]));
    EXPECT_FALSE(has_red(result.frames[1]));
}

TEST_P(AnimationIn, KeepsTransparency) {
    Animation animation{{}, {100, 100, 100}, 0};
    for (int i = 0; i < 3; ++i) {
        auto frame = a_plain(width, height, {0, 0, 0, 0});
        paint(frame, 5 + 10 * i, 5, 10, {200, 50, 50, 255});
        animation.frames.push_back(std::move(frame));
    }

    const auto result = decode_frames(transformed(file_of(animation), pipeline_of(a_step("flip"), format())));

    ASSERT_EQ(result.frames.size(), 3U);
    for (int i = 0; i < 3; ++i) {
        const auto& frame = result.frames[static_cast<std::size_t>(i)];
        ASSERT_EQ(frame.bands, 4);
        EXPECT_EQ(frame.at(width - 1 - 10 - 10 * i, 10, 3), 255) << i;
        EXPECT_EQ(frame.at(width - 1 - 2, 10, 3), 0) << i;
        EXPECT_EQ(frame.at(width - 1 - 10 - 10 * ((i + 1) % 3), 10, 3), 0) << "of another frame";
    }
}

TEST(Animation, TellsItsProgressAndIsAsLargeAsItsFramesTogether) {
    auto animation = an_animation();
    const auto file = encode_frames(animation, ".gif");

    const auto answer = transform(file, "[" + a_step("invert") + "]");
    const auto large = transform(file, "[" + a_step("resize", R"({"width":6000,"upscale":true})") + "]");

    EXPECT_TRUE(std::ranges::is_sorted(answer.progress));
    EXPECT_GT(std::ssize(answer.progress), 3);
    EXPECT_GT(answer.progress.back(), 50) << "behind the frames comes the file";
    const auto* refusal = std::get_if<worker::Refusal>(&large.outcome);
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->code, "result_too_large") << "6000 x 4500 x 5 frames";
}

}  // namespace
}  // namespace darkroom::images::testing
