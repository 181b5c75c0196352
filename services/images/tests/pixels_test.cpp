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

/// What a point operation makes of one colour.
std::vector<int> colour_after(const std::string& name, const std::string& parameters, std::vector<std::uint8_t> colour) {
    const auto result = decode(transformed(encode(a_plain(8, 8, std::move(colour)), ".png"), step(name, parameters)));
    std::vector<int> values;
    for (int band = 0; band < result.bands; ++band) values.push_back(result.at(4, 4, band));
    return values;
}

TEST(Colours, FollowTheirFormulas) {
    using Values = std::vector<int>;
    EXPECT_EQ(colour_after("invert", "{}", {10, 20, 30, 40}), (Values{245, 235, 225, 40}));
    EXPECT_EQ(colour_after("brightness", R"({"factor":1.5})", {100, 20, 200}), (Values{150, 30, 255}));
    EXPECT_EQ(colour_after("saturation", R"({"factor":0})", {200, 100, 50}), (Values{124, 124, 124}));
    EXPECT_EQ(colour_after("saturation", R"({"factor":1})", {200, 100, 50, 9}), (Values{200, 100, 50, 9}));
    EXPECT_EQ(colour_after("saturation", R"({"factor":2})", {120, 100, 110}), (Values{133, 93, 113}));
    EXPECT_EQ(colour_after("contrast", R"({"factor":0})", {200, 100, 50}), (Values{124, 124, 124}));
    EXPECT_EQ(colour_after("sepia", "{}", {100, 100, 100}), (Values{135, 120, 94}));
    EXPECT_EQ(colour_after("sepia", R"({"intensity":0})", {1, 2, 3}), (Values{1, 2, 3}));
    EXPECT_EQ(colour_after("sepia", "{}", {100}), (Values{135, 120, 94}));
}

/// A photo, so that every kernel has something to do, without clipping.
int at_edge(const Picture& picture, int x, int y, int band) {
    return picture.at(std::clamp(x, 0, picture.width - 1), std::clamp(y, 0, picture.height - 1), band);
}

void expect_kernel(const std::string& name, const std::vector<int>& rows, int scale, int offset) {
    const auto photo = a_photo(40, 30);
    const auto result = decode(transformed(encode(photo, ".png"), step(name, "{}")));
    ASSERT_EQ(result.bands, 3) << name;
    for (int y = 0; y < photo.height; ++y) {
        for (int x = 0; x < photo.width; ++x) {
            double sum = 0;
            for (int i = 0; i < 9; ++i) {
                sum += rows[static_cast<std::size_t>(i)] * at_edge(photo, x + i % 3 - 1, y + i / 3 - 1, 1);
            }
            const double expected = std::clamp(sum / scale + offset, 0.0, 255.0);
            ASSERT_NEAR(result.at(x, y, 1), expected, 0.51) << name << " " << x << "," << y;
        }
    }
}

TEST(Kernels, ArePillowsWithReplicatedBorders) {
    expect_kernel("sharpen", {-2, -2, -2, -2, 32, -2, -2, -2, -2}, 16, 0);
    expect_kernel("find_edges", {-1, -1, -1, -1, 8, -1, -1, -1, -1}, 1, 0);
    expect_kernel("contour", {-1, -1, -1, -1, 8, -1, -1, -1, -1}, 1, 255);
    // Pillow writes the bottom row first, so the lower left neighbour is taken away.
    expect_kernel("emboss", {0, 0, 0, 0, 1, 0, -1, 0, 0}, 1, 128);
}

TEST(Kernels, KeepAlpha) {
    for (const auto* name : {"sharpen", "find_edges", "unsharp_mask"}) {
        const auto values = colour_after(name, "{}", {100, 150, 200, 90});
        ASSERT_EQ(values.size(), 4U) << name;
        EXPECT_EQ(values[3], 90) << name;
        if (std::string(name) != "find_edges") EXPECT_NEAR(values[1], 150, 1) << name;
    }
}

TEST(Median, RemovesASpeck) {
    auto picture = a_plain(20, 20, {50, 60, 70});
    picture.bytes.at((10 * 20 + 10) * 3) = 255;

    const auto result = decode(transformed(encode(picture, ".png"), step("median_filter", "{}")));

    EXPECT_EQ(result.bytes, a_plain(20, 20, {50, 60, 70}).bytes);
}

TEST(UnsharpMask, AddsTheDifferenceBeyondTheThreshold) {
    auto picture = a_plain(60, 20, {100, 100, 100});
    for (int y = 0; y < 20; ++y) {
        for (int x = 30; x < 60; ++x) picture.bytes.at(static_cast<std::size_t>((y * 60 + x) * 3)) = 140;
    }
    const auto file = encode(picture, ".png");

    const auto sharp = decode(transformed(file, step("unsharp_mask", "{}")));
    const auto spared = decode(transformed(file, step("unsharp_mask", R"({"threshold":30})")));

    EXPECT_GT(sharp.at(30, 10, 0), 150);
    EXPECT_LT(sharp.at(29, 10, 0), 90);
    EXPECT_EQ(sharp.at(5, 10, 0), 100);
    EXPECT_EQ(spared.bytes, picture.bytes);
}

TEST(Geometry, FlipsCropsAndShrinks) {
    const auto photo = a_photo(40, 30);
    const auto file = encode(photo, ".png");

    const auto mirrored = decode(transformed(file, step("flip", "{}")));
    const auto upside_down = decode(transformed(file, step("flip", R"({"direction":"vertical"})")));
    const auto part = decode(transformed(file, step("crop", R"({"width":10,"height":5,"x":30,"y":25})")));
    const auto corner = decode(transformed(file, step("crop", R"({"width":10,"height":5,"gravity":"southeast"})")));
    const auto attention = decode(transformed(file, step("crop", R"({"width":10,"height":5,"gravity":"attention"})")));
    const auto small = decode(transformed(file, step("thumbnail", R"({"size":20})")));

    EXPECT_EQ(mirrored.at(0, 3, 0), photo.at(39, 3, 0));
    EXPECT_EQ(upside_down.at(3, 0, 1), photo.at(3, 29, 1));
    EXPECT_EQ(part.at(0, 0, 2), photo.at(30, 25, 2));
    EXPECT_EQ(part.bytes, corner.bytes);
    EXPECT_EQ(attention.width, 10);
    EXPECT_EQ(small.width, 20);
    EXPECT_EQ(small.height, 15);
}

TEST(Crop, OutsideTheImageIsRefused) {
    const auto answer = transform(encode(a_photo(40, 30), ".png"), step("crop", R"({"width":41,"height":5})"));

    ASSERT_TRUE(std::holds_alternative<worker::Refusal>(answer.outcome));
    EXPECT_EQ(std::get<worker::Refusal>(answer.outcome).code, "crop_outside_image");
}

TEST(Convert, WritesTheFormatAndKeepsDetailWhenAsked) {
    const auto photo = a_photo(64, 64);
    const auto file = encode(photo, ".png");

    const auto lossless = transformed(file, step("convert", R"({"format":"webp","lossless":true})"));
    const auto small = transformed(file, step("convert", R"({"format":"jpeg","quality":10})"));
    const auto large = transformed(file, step("convert", R"({"format":"jpeg","quality":95})"));

    EXPECT_EQ(look_at(lossless).format, Format::webp);
    EXPECT_EQ(decode(lossless).bytes, photo.bytes);
    EXPECT_LT(small.size(), large.size());
}

TEST(Catalogue, EveryTransformationHasAnOperation) {
    const auto file = encode(a_photo(64, 48), ".jpg");
    for (const auto& transformation : transformations()) {
        json::Object parameters;
        for (const auto& parameter : transformation.parameters) {
            if (!parameter.required) continue;
            const bool text = parameter.type == ParameterType::string;
            parameters.emplace(parameter.name,
                               text ? json::Value(boost::json::string(parameter.choices.front())) : json::Value(10));
        }
        if (transformation.name == "resize") parameters.emplace("width", 10);
        if (transformation.name == "watermark") parameters.emplace("text", "mark");
        EXPECT_NO_THROW(transformed(file, step(std::string(transformation.name), json::serialize(parameters))))
            << transformation.name;
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
