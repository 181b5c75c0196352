#include "platform/http/body_decoder.hpp"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

struct Outcome {
    std::string content;
    std::size_t consumed = 0;
    bool done = false;
    bool failed = false;

    bool operator==(const Outcome&) const = default;
};

/// Feeds `input` in pieces of at most `size` bytes.
Outcome decode(BodyDecoder decoder, std::string_view input, std::size_t size) {
    Outcome outcome;
    while (outcome.consumed < input.size()) {
        const auto [consumed, piece] = decoder.next(input.substr(outcome.consumed, size));
        outcome.consumed += consumed;
        outcome.content += piece;
        if (consumed == 0) break;
    }
    outcome.done = decoder.done();
    outcome.failed = decoder.failed();
    return outcome;
}

Outcome decode_chunked(std::string_view input) {
    const BodyDecoder decoder(Framing::chunked, 0);
    const auto whole = decode(decoder, input, input.size());
    for (std::size_t size = 1; size < input.size(); ++size) {
        const auto cut = decode(decoder, input, size);
        EXPECT_EQ(cut.content, whole.content) << size;
        EXPECT_EQ(cut.done, whole.done) << size;
        EXPECT_EQ(cut.failed, whole.failed) << size;
    }
    return whole;
}

TEST(BodyDecoder, DecodesChunksHoweverTheyAreCut) {
    const auto outcome = decode_chunked("5\r\nhello\r\n00a;name=\"v\"\r\n, 0123456\r\r\n0;x\r\nA: b\r\nC:\r\n\r\nnext");

    EXPECT_EQ(outcome.content, "hello, 0123456\r");
    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.consumed,
              std::string_view("5\r\nhello\r\n00a;name=\"v\"\r\n, 0123456\r\r\n0;x\r\nA: b\r\nC:\r\n\r\n").size());
}

TEST(BodyDecoder, RefusesMalformedChunks) {
    for (const std::string_view input : {"\r\n",
                                         "x\r\n",
                                         "-1\r\n",
                                         "+1\r\n",
                                         "0x1\r\n",
                                         " 1\r\n",
                                         "1 \r\n",
                                         "1\n",
                                         "1\rx",
                                         "1;a\x01\r\n",
                                         "1;a\nb\r\n",
                                         "1\r\nab\r\n",
                                         "1\r\na\n",
                                         "1\r\na\rx",
                                         "1\r\na0\r\n",
                                         "fffffffffffffffff\r\n",
                                         "0000000000000001\r\n",
                                         "0\r\n\n",
                                         "0\r\n\rx",
                                         "0\r\n A: b\r\n",
                                         "0\r\n: b\r\n",
                                         "0\r\nA b\r\n",
                                         "0\r\nA: b\n\r\n",
                                         "0\r\nA: \x02\r\n"}) {
        EXPECT_TRUE(decode_chunked(input).failed) << input;
    }
}

TEST(BodyDecoder, BoundsExtensionsAndTrailers) {
    const std::string extension = "1;" + std::string(9000, 'x') + "\r\n";
    const std::string trailer = "0\r\nA: " + std::string(9000, 'x') + "\r\n\r\n";
    std::string many;
    for (int i = 0; i < 2000; ++i) many += "1;abcdefg\r\nx\r\n";

    EXPECT_TRUE(decode(BodyDecoder(Framing::chunked, 0), extension, extension.size()).failed);
    EXPECT_TRUE(decode(BodyDecoder(Framing::chunked, 0), trailer, trailer.size()).failed);
    EXPECT_TRUE(decode(BodyDecoder(Framing::chunked, 0), many, many.size()).failed);
}

TEST(BodyDecoder, TakesExactlyItsLength) {
    const auto outcome = decode(BodyDecoder(Framing::sized, 5), "hello next", 100);

    EXPECT_EQ(outcome.content, "hello");
    EXPECT_EQ(outcome.consumed, 5U);
    EXPECT_TRUE(outcome.done);
}

TEST(BodyDecoder, KnowsACutOffBodyFromOneThatEndsWithItsConnection) {
    BodyDecoder sized(Framing::sized, 5);
    BodyDecoder chunked(Framing::chunked, 0);
    BodyDecoder open(Framing::until_close, 0);
    sized.next("hell");
    chunked.next("5\r\nhello\r\n");
    open.next("anything");

    sized.end_of_stream();
    chunked.end_of_stream();
    open.end_of_stream();

    EXPECT_TRUE(sized.failed());
    EXPECT_TRUE(chunked.failed());
    EXPECT_TRUE(open.done());
}

}  // namespace
}  // namespace darkroom::http
