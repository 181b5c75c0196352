// Watermarks, by the real worker.
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <gtest/gtest.h>

namespace darkroom::images::testing {
namespace {

std::string step(const std::string& name, const std::string& parameters) {
    return R"([{"transformation_type":")" + name + R"(","parameters":)" + parameters + "}]";
}

TEST(Watermark, DrawsItsTextWhereItIsAskedTo) {
    const auto gray = a_plain(400, 200, {90, 90, 90});
    const auto file = encode(gray, ".png");

    const auto marked = decode(transformed(file, step("watermark", R"({"text":"Fotó © Ада","scale":0.4,"opacity":1})")));
    const auto faint = decode(transformed(file, step("watermark", R"({"text":"Fotó © Ада","scale":0.4,"opacity":0.1})")));
    const auto corner =
        decode(transformed(file, step("watermark", R"({"text":"X","position":"northwest","scale":0.1,"opacity":1})")));

    ASSERT_EQ(marked.bands, 3);
    int changed = 0;
    int brightest = 0;
    int darkest = 255;
    for (int y = 0; y < marked.height; ++y) {
        for (int x = 0; x < marked.width; ++x) {
            if (marked.at(x, y, 0) == 90) continue;
            ++changed;
            brightest = std::max<int>(brightest, marked.at(x, y, 0));
            darkest = std::min<int>(darkest, marked.at(x, y, 0));
            EXPECT_GT(x, 400 / 2) << "the default is the south-east";
            EXPECT_GT(y, 200 / 2);
            EXPECT_NEAR(faint.at(x, y, 0), 90 + 0.1 * (marked.at(x, y, 0) - 90), 2);
        }
    }
    EXPECT_GT(changed, 500);
    EXPECT_GT(brightest, 240) << "white letters";
    EXPECT_LT(darkest, 75) << "with a dark edge";
    EXPECT_EQ(corner.at(399, 199, 0), 90);
}

TEST(Watermark, LeavesTheKindOfTheImageAlone) {
    constexpr auto text = R"({"text":"mark"})";

    const auto gray = decode(transformed(encode(a_plain(100, 80, {90}), ".png"), step("watermark", text)));
    EXPECT_EQ(gray.bands, 1);
    const auto clear = decode(transformed(encode(a_plain(100, 80, {9, 9, 9, 0}), ".png"), step("watermark", text)));
    ASSERT_EQ(clear.bands, 4);
    EXPECT_EQ(clear.at(0, 0, 3), 0);
    const auto tiny = encode(a_photo(3, 3), ".jpg");
    EXPECT_EQ(look_at(transformed(tiny, step("watermark", text))).width, 3) << "too small for it";
}

TEST(Watermark, RefusesWhatItCannotDraw) {
    const auto answer = transform(encode(a_photo(40, 30), ".png"), step("watermark", R"({"text":"写真"})"));

    const auto* refusal = std::get_if<worker::Refusal>(&answer.outcome);
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->code, "unsupported_character");
}

}  // namespace
}  // namespace darkroom::images::testing
