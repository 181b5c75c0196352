// What the transformations do to pixels, by the real worker.
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace darkroom::images::testing {
namespace {

constexpr const char* grayscale = R"([{"transformation_type":"grayscale"}])";

std::string step(const std::string& name, const std::string& parameters) {
    return R"([{"transformation_type":")" + name + R"(","parameters":)" + parameters + "}]";
}

TEST(Grayscale, GivesRec601OfEveryPixel) {
    const auto photo = a_photo(64, 48);

    const auto result = decode(transformed(encode(photo, ".png"), grayscale));

    ASSERT_EQ(result.bands, 1);
    for (int y = 0; y < photo.height; ++y) {
        for (int x = 0; x < photo.width; ++x) {
            const double luma = 0.299 * photo.at(x, y, 0) + 0.587 * photo.at(x, y, 1) + 0.114 * photo.at(x, y, 2);
            ASSERT_NEAR(result.at(x, y, 0), luma, 0.51) << x << "," << y;
        }
    }
}

TEST(Grayscale, KeepsAlpha) {
    const auto picture = a_plain(8, 8, {200, 100, 50, 77});

    const auto result = decode(transformed(encode(picture, ".png"), grayscale));

    ASSERT_EQ(result.bands, 2);
    EXPECT_EQ(result.at(3, 3, 0), 124);
    EXPECT_EQ(result.at(3, 3, 1), 77);
}

TEST(Grayscale, KeepsTheFormat) {
    const auto photo = a_photo(32, 32);

    for (const auto* format : {".jpg", ".png", ".webp", ".tif", ".gif"}) {
        const auto file = encode(photo, format);
        EXPECT_EQ(look_at(transformed(file, grayscale)).format, look_at(file).format) << format;
    }
}

TEST(Resize, ContainKeepsTheRatioAndNeverEnlarges) {
    const auto file = encode(a_photo(400, 300), ".jpg");

    const auto half = decode(transformed(file, step("resize", R"({"width":200,"height":200})")));
    EXPECT_EQ(half.width, 200);
    EXPECT_EQ(half.height, 150);
    const auto same = decode(transformed(file, step("resize", R"({"width":800})")));
    EXPECT_EQ(same.width, 400);
    const auto twice = decode(transformed(file, step("resize", R"({"height":600,"upscale":true})")));
    EXPECT_EQ(twice.width, 800);
    EXPECT_EQ(twice.height, 600);
}

TEST(Resize, CoverFillAndPadGiveTheBox) {
    const auto file = encode(a_photo(400, 300), ".png");

    for (const auto* fit : {"cover", "fill", "pad"}) {
        const auto parameters = R"({"width":100,"height":100,"fit":")" + std::string(fit) + R"("})";
        const auto result = decode(transformed(file, step("resize", parameters)));
        EXPECT_EQ(result.width, 100) << fit;
        EXPECT_EQ(result.height, 100) << fit;
        if (std::string(fit) == "pad") EXPECT_EQ(result.at(50, 2, 3), 0) << "the border is transparent";
    }
}

TEST(Resize, DoesNotLetTransparentColourBleed) {
    // Left half opaque white, right half fully transparent black: the seam must stay white.
    auto picture = a_plain(64, 64, {255, 255, 255, 255});
    for (int y = 0; y < 64; ++y) {
        for (int x = 32; x < 64; ++x) {
            for (int band = 0; band < 4; ++band) picture.bytes.at(static_cast<std::size_t>((y * 64 + x) * 4 + band)) = 0;
        }
    }

    const auto result = decode(transformed(encode(picture, ".png"), step("resize", R"({"width":21})")));

    for (int x = 0; x < result.width; ++x) {
        if (result.at(x, 10, 3) > 8) EXPECT_GT(result.at(x, 10, 0), 250) << x;
    }
}

TEST(Orientation, IsAppliedFirst) {
    auto picture = a_plain(60, 40, {10, 10, 10});
    for (int y = 0; y < 20; ++y) {
        for (int x = 0; x < 60; ++x) picture.bytes.at(static_cast<std::size_t>((y * 60 + x) * 3)) = 250;
    }
    // 6: stored lying on its left side, so the stored top row is the right column.
    const auto file = encode_with_orientation(picture, 6);

    const auto facts = look_at(file);
    EXPECT_EQ(facts.width, 40);
    EXPECT_EQ(facts.height, 60);
    const auto result = decode(transformed(file, grayscale, Format::png));
    EXPECT_EQ(result.width, 40);
    EXPECT_GT(result.at(35, 30, 0), 60);
    EXPECT_LT(result.at(5, 30, 0), 40);
    const auto small = decode(transformed(file, step("resize", R"({"width":20})"), Format::png));
    EXPECT_EQ(small.width, 20);
    EXPECT_EQ(small.height, 30);
    EXPECT_GT(small.at(17, 15, 0), 200);
}

TEST(Profile, IsConvertedAndMetadataGoes) {
    const auto picture = a_plain(32, 32, {255, 40, 40});
    const auto file = encode_with_profile(picture);
    ASSERT_TRUE(decode(file).has_profile);

    for (const auto& steps : {step("resize", R"({"width":16})"), step("gaussian_blur", R"({"sigma":0.5})")}) {
        const auto result = decode(transformed(file, steps, Format::png));
        EXPECT_FALSE(result.has_profile);
        EXPECT_FALSE(result.has_exif);
        EXPECT_NEAR(result.at(5, 5, 0), 255, 4) << steps;
        EXPECT_NEAR(result.at(5, 5, 1), 40, 8) << steps;
    }
}

TEST(Rotate, QuartersAreExact) {
    const auto photo = a_photo(30, 20);

    const auto result = decode(transformed(encode(photo, ".png"), step("rotate", R"({"angle":90})")));

    ASSERT_EQ(result.width, 20);
    ASSERT_EQ(result.height, 30);
    ASSERT_EQ(result.bands, 3);
    // Clockwise: the top left pixel goes to the top right.
    EXPECT_EQ(result.at(19, 0, 0), photo.at(0, 0, 0));
    EXPECT_EQ(result.at(19, 29, 1), photo.at(29, 0, 1));
    EXPECT_EQ(decode(transformed(encode(photo, ".png"), step("rotate", R"({"angle":-270})"))).bytes, result.bytes);
}

TEST(Rotate, GrowsTheCanvasAndFillsTheCorners) {
    const auto file = encode(a_plain(100, 100, {200, 0, 0}), ".png");

    const auto clear = decode(transformed(file, step("rotate", R"({"angle":45})")));
    EXPECT_NEAR(clear.width, 141, 2);
    ASSERT_EQ(clear.bands, 4);
    EXPECT_EQ(clear.at(1, 1, 3), 0);
    EXPECT_EQ(clear.at(70, 70, 0), 200);
    const auto blue = decode(transformed(file, step("rotate", R"({"angle":45,"expand":false,"background":"#0000ff"})")));
    EXPECT_EQ(blue.width, 100);
    ASSERT_EQ(blue.bands, 3);
    EXPECT_EQ(blue.at(0, 0, 2), 255);
    EXPECT_EQ(blue.at(0, 0, 0), 0);
}

TEST(GaussianBlur, SpreadsAnEdgeByItsSigma) {
    // Wide enough for three of the widest sigma on either side.
    auto picture = a_plain(400, 40, {0, 0, 0});
    for (int y = 0; y < 40; ++y) {
        for (int x = 200; x < 400; ++x) {
            for (int band = 0; band < 3; ++band) picture.bytes.at(static_cast<std::size_t>((y * 400 + x) * 3 + band)) = 200;
        }
    }
    const auto file = encode(picture, ".png");

    for (const double sigma : {1.0, 2.0, 4.0, 5.0, 7.9, 10.0, 20.0, 50.0}) {
        const auto result = decode(transformed(file, step("gaussian_blur", R"({"sigma":)" + std::to_string(sigma) + "}")));
        for (const double distance : {-2.5, -1.5, -1.0, 0.0, 1.0, 1.5, 2.5}) {
            const int x = 200 + static_cast<int>(distance * sigma);
            const double expected = 100 * (1 + std::erf((x - 199.5) / sigma / std::sqrt(2.0)));
            EXPECT_NEAR(result.at(x, 20, 0), expected, 2.5) << "sigma " << sigma << " at " << distance;
        }
    }
}

TEST(GaussianBlur, KeepsAPlainImageAndItsBorders) {
    const auto result =
        decode(transformed(encode(a_plain(50, 50, {10, 120, 240, 128}), ".png"), step("gaussian_blur", R"({"sigma":30})")));

    for (const int at : {0, 25, 49}) {
        EXPECT_NEAR(result.at(at, at, 0), 10, 1);
        EXPECT_NEAR(result.at(at, 0, 1), 120, 1);
        EXPECT_NEAR(result.at(0, at, 2), 240, 1);
        EXPECT_NEAR(result.at(at, at, 3), 128, 1);
    }
}

TEST(Pipeline, RunsItsStepsInOrder) {
    const auto file = encode(a_photo(300, 200), ".jpg");

    const auto result = decode(transformed(
        file,
        R"([{"transformation_type":"resize","parameters":{"width":150}},{"transformation_type":"rotate","parameters":{"angle":90}},
            {"transformation_type":"grayscale"}])",
        Format::webp));

    EXPECT_EQ(result.width, 100);
    EXPECT_EQ(result.height, 150);
}

TEST(Output, WritesWhatIsAskedFor) {
    const auto file = encode(a_plain(40, 30, {0, 0, 0, 0}), ".png");

    for (const auto format : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif}) {
        EXPECT_EQ(look_at(transformed(file, grayscale, format)).format, format);
    }
    // What was transparent turns white where there is no transparency.
    EXPECT_GT(decode(transformed(file, grayscale, Format::jpeg)).at(5, 5, 0), 250);
}

TEST(Bitmap, IsReadAndBecomesPng) {
    const auto photo = a_photo(33, 21);

    const auto result = transformed(encode_bitmap(photo), step("rotate", R"({"angle":0})"));

    EXPECT_EQ(look_at(encode_bitmap(photo)).format, Format::bmp);
    EXPECT_EQ(look_at(result).format, Format::png);
    EXPECT_EQ(decode(result).bytes, photo.bytes);
}

TEST(Progress, RisesUntilTheEnd) {
    const auto answer = transform(encode(a_photo(1500, 1500), ".jpg"), grayscale);

    ASSERT_GT(answer.progress.size(), 5U);
    EXPECT_TRUE(std::ranges::is_sorted(answer.progress));
    EXPECT_LE(answer.progress.back(), 100);
}

}  // namespace
}  // namespace darkroom::images::testing
