#include "services/users/zip_stream.hpp"

#include "services/users/tests/unzip.hpp"

#include <gtest/gtest.h>

namespace darkroom::users {
namespace {

TEST(ZipStream, GivesBackWhatWasWritten) {
    ZipStream zip;
    std::string all;
    zip.begin("a.json", ZipStream::Content::text, std::nullopt);
    zip.write("[1,");
    zip.write("2]");
    zip.begin("b/picture.jpeg", ZipStream::Content::compressed, 5);
    zip.write(std::string("\xff\xd8\0\1\2", 5));
    all += zip.take();
    zip.begin("empty.json", ZipStream::Content::text, std::nullopt);
    zip.close();
    all += zip.take();

    const auto files = unzip(all);

    EXPECT_EQ(files.size(), 3U);
    EXPECT_EQ(files.at("a.json"), "[1,2]");
    EXPECT_EQ(files.at("b/picture.jpeg"), std::string("\xff\xd8\0\1\2", 5));
    EXPECT_EQ(files.at("empty.json"), "");
}

TEST(ZipStream, HoldsNoMoreThanWasNotTaken) {
    ZipStream zip;
    const std::string piece(64 * 1024, 'x');
    std::size_t largest = 0;
    std::size_t total = 0;
    zip.begin("large", ZipStream::Content::compressed, std::nullopt);

    for (int i = 0; i < 1000; ++i) {
        zip.write(piece);
        largest = std::max(largest, zip.ready());
        total += zip.take().size();
    }

    EXPECT_LT(largest, 2 * piece.size());
    EXPECT_GE(total, 1000 * piece.size());
}

TEST(ZipStream, MayHaveMoreEntriesThanOldZipCanCount) {
    ZipStream zip;
    std::string all;
    for (int i = 0; i < 66'000; ++i) {
        zip.begin(std::to_string(i), ZipStream::Content::compressed, 0);
        all += zip.take();
    }
    zip.close();
    all += zip.take();

    EXPECT_EQ(unzip(all).size(), 66'000U);
}

TEST(ZipStream, RefusesMoreThanTheEntryPromised) {
    ZipStream zip;
    zip.begin("short", ZipStream::Content::compressed, 3);

    EXPECT_THROW(zip.write("four"), std::runtime_error);
}

}  // namespace
}  // namespace darkroom::users
