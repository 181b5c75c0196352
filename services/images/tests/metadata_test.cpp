// What a result carries beside its pixels, by the real worker.
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <gtest/gtest.h>

namespace darkroom::images::testing {
namespace {

/// `before` steps, then a conversion.
std::string converting(std::string_view format, bool strip, const std::string& before = "") {
    return "[" + before + (before.empty() ? "" : ",") + R"({"transformation_type":"convert","parameters":{"format":")" +
           std::string(format) + R"(","quality":95,"strip_metadata":)" + (strip ? "true" : "false") + "}}]";
}

constexpr const char* blur = R"({"transformation_type":"gaussian_blur","parameters":{"sigma":0.5}})";

/// Strong enough to differ between sRGB and P3.
Picture a_red() {
    return a_plain(60, 40, {255, 40, 40});
}

TEST(Metadata, StaysWhenAskedForAndTheOrientationIsThatOfThePixels) {
    const auto file = encode_with_metadata(a_red());
    const auto before = metadata_of(file);
    ASSERT_EQ(before.orientation, 6);
    ASSERT_TRUE(before.has_small_picture);
    ASSERT_FALSE(before.iptc.empty());

    for (const auto* steps : {"", blur, R"({"transformation_type":"resize","parameters":{"width":20}})"}) {
        const auto result = transformed(file, converting("jpeg", false, steps));
        const auto after = metadata_of(result);
        EXPECT_EQ(after.orientation, 1) << steps;
        EXPECT_EQ(after.camera.substr(0, 16), "Darkroom Cameras") << steps;
        EXPECT_NE(after.exif.find("Darkroom Cameras"), std::string::npos);
        EXPECT_FALSE(after.has_small_picture) << "it would show what is not there any more";
        EXPECT_EQ(after.xmp, before.xmp) << steps;
        EXPECT_EQ(after.iptc, before.iptc) << steps;
        EXPECT_EQ(after.profile, before.profile) << steps;
        const auto pixels = decode(result);
        EXPECT_GT(pixels.height, pixels.width) << "upright";
        for (const int band : {0, 1, 2}) {
            EXPECT_NEAR(pixels.at(5, 5, band), decode(file).at(5, 5, band), 2) << "values still mean what the profile says";
        }
    }
}

TEST(Metadata, StaysAsFarAsTheFormatHoldsIt) {
    const auto file = encode_with_metadata(a_red());
    const auto before = metadata_of(file);

    for (const auto* format : {"png", "webp", "avif", "tiff"}) {
        const auto after = metadata_of(transformed(file, converting(format, false)));
        EXPECT_EQ(after.xmp, before.xmp) << format;
        EXPECT_EQ(after.profile, before.profile) << format;
        EXPECT_LE(after.orientation, 1) << format;
        const bool tiff = std::string(format) == "tiff";
        EXPECT_EQ(after.camera, tiff ? "" : before.camera) << format;
        EXPECT_EQ(after.iptc.empty(), !tiff) << format;
    }
    const auto gif = decode(transformed(file, converting("gif", false)));
    EXPECT_FALSE(gif.has_profile);
    EXPECT_NEAR(gif.at(5, 5, 0), 255, 6) << "GIF has no place for a profile: its colours are sRGB";
}

TEST(Metadata, GoesByDefaultAndColoursStay) {
    const auto file = encode_with_metadata(a_red());

    for (const auto* format : {"jpeg", "png", "webp", "avif", "tiff"}) {
        const auto result = transformed(file, converting(format, true));
        const auto after = metadata_of(result);
        EXPECT_EQ(after.camera, "") << format;
        EXPECT_EQ(after.exif, "") << format;
        EXPECT_EQ(after.xmp, "") << format;
        EXPECT_EQ(after.iptc, "") << format;
        EXPECT_EQ(after.profile, "") << format;
        EXPECT_EQ(result.find("Darkroom Cameras"), std::string::npos) << format;
        EXPECT_LE(after.orientation, 1) << format;
        EXPECT_NEAR(decode(result).at(5, 5, 0), 255, 4) << format;
        EXPECT_NEAR(decode(result).at(5, 5, 1), 40, 8) << format;
    }
}

TEST(Profile, OfAnotherKindThanTheResultIsConverted) {
    const auto file = encode_with_metadata(a_red());

    const auto gray = transformed(file, converting("png", false, R"({"transformation_type":"grayscale"})"));

    EXPECT_EQ(metadata_of(gray).profile, "");
    EXPECT_EQ(metadata_of(gray).xmp, metadata_of(file).xmp);
    EXPECT_NEAR(decode(gray).at(5, 5, 0), 0.299 * 255 + 0.701 * 40, 4);
}

TEST(Profile, OfAGrayImageCounts) {
    const auto file = encode_linear_gray(a_plain(32, 32, {55}));
    ASSERT_TRUE(decode(file).has_profile);

    const auto plain = decode(transformed(file, converting("png", true)));
    const auto kept = transformed(file, converting("png", false));

    EXPECT_EQ(plain.bands, 1);
    EXPECT_NEAR(plain.at(5, 5, 0), 128, 3) << "0.216 of the light is 128 in sRGB";
    EXPECT_NEAR(decode(kept).at(5, 5, 0), 55, 1);
    EXPECT_EQ(metadata_of(kept).profile, metadata_of(file).profile);
}

}  // namespace
}  // namespace darkroom::images::testing
