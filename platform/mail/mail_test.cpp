#include "platform/mail/encoded_words.hpp"
#include "platform/mail/message.hpp"
#include "platform/mail/quoted_printable.hpp"

#include <gtest/gtest.h>

namespace darkroom::mail {
namespace {

Message a_message() {
    return {.from = Sender::parse("Darkroom <darkroom@example.org>").value(),
            .to = identity::Email::parse("ada@example.com").value(),
            .subject = "Your image is ready",
            .text = "Hello Ada,\nthe result waits.\n",
            .html = "<p>Hello <b>Ada</b></p>\n",
            .id = "0193f3a0-1111-7000-8000-000000000001",
            .date = parse_rfc3339("2026-11-22T08:00:00Z").value()};
}

std::vector<std::string> lines_of(std::string_view message) {
    std::vector<std::string> lines;
    while (!message.empty()) {
        const auto end = message.find("\r\n");
        lines.emplace_back(message.substr(0, end));
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 2);
    }
    return lines;
}

TEST(MailMessage, HasTheHeadersThatMailWants) {
    const auto composed = compose(a_message());

    for (const auto* line :
         {"Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n", "From: Darkroom <darkroom@example.org>\r\n", "To: ada@example.com\r\n",
          "Subject: Your image is ready\r\n", "Message-ID: <0193f3a0-1111-7000-8000-000000000001@example.org>\r\n",
          "MIME-Version: 1.0\r\n", "Auto-Submitted: auto-generated\r\n"}) {
        EXPECT_NE(composed.find(line), std::string::npos) << line;
    }
    EXPECT_EQ(composed, compose(a_message())) << "a repetition is the same message";
}

TEST(MailMessage, IsAsciiInShortLinesWhateverStandsInIt) {
    auto message = a_message();
    message.subject = "Größe überschritten: " + std::string(150, 'x') + " 日本語の件名";
    message.text = std::string(500, 'a') + "\nÄ = ä\r\ntrailing blank \n.\n" + std::string(200, '=');
    message.from.name = "Dünkelkammer";

    const auto composed = compose(message);

    for (const auto& line : lines_of(composed)) {
        EXPECT_LE(line.size(), 76U) << line;
        for (const char c : line) EXPECT_TRUE(c == '\t' || (c >= ' ' && c <= '~')) << line;
    }
    EXPECT_EQ(composed.find("\n\n"), std::string::npos);
}

TEST(MailMessage, ReadsBackAsItWasWritten) {
    auto message = a_message();
    message.subject = "Größe überschritten, 日本語の件名 и ещё много слов, которые не помещаются";
    message.text = "Ä = ä\nline two  \n\n" + std::string(300, 'z');

    const auto readable = read(compose(message));

    EXPECT_EQ(readable.subject, message.subject);
    EXPECT_EQ(readable.text, message.text);
    EXPECT_EQ(readable.html, message.html);
    EXPECT_EQ(readable.to, "ada@example.com");
    EXPECT_EQ(readable.from, "Darkroom <darkroom@example.org>");
}

TEST(MailMessage, NothingInItBecomesAHeaderOfItsOwn) {
    auto message = a_message();
    message.subject = "hello\r\nBcc: everybody@example.org\r\n\r\n<b>body</b>";
    message.from.name = "x\r\nReply-To: evil@example.org";
    message.id = "evil>\r\nX: y";
    message.text = "--=_evil---X--y\r\nContent-Type: text/html\r\n";

    const auto composed = compose(message);

    std::size_t empty_lines = 0;
    for (const auto& line : lines_of(composed)) {
        for (const auto* smuggled : {"Bcc:", "Reply-To:", "X:"}) EXPECT_FALSE(line.starts_with(smuggled)) << line;
        if (line.empty()) ++empty_lines;
    }
    EXPECT_GE(empty_lines, 3U);
    EXPECT_EQ(read(composed).subject, "hello  Bcc: everybody@example.org    <b>body</b>");
}

TEST(EncodedWords, LeavePlainTextAloneAndCutNoCharacter) {
    EXPECT_EQ(encode_header("Welcome to Darkroom"), "Welcome to Darkroom");
    EXPECT_NE(encode_header("looks =?like?= one"), "looks =?like?= one");
    std::string umlauts;
    for (int i = 0; i < 100; ++i) umlauts += "ü";

    const auto encoded = encode_header("x" + umlauts);

    EXPECT_EQ(decode_header(encoded), "x" + umlauts);
    EXPECT_EQ(decode_header("=?utf-8?Q?Gr=C3=BC=C3=9Fe_%?= plain"), "Grüße % plain");
    EXPECT_EQ(decode_header("a =?broken"), "a =?broken");
}

TEST(QuotedPrintable, KeepsBlanksAtTheEndOfALineAndReadsSloppyTextAsItIs) {
    EXPECT_EQ(quoted_printable("a \nb\t"), "a=20\r\nb=09");
    EXPECT_EQ(from_quoted_printable("a=20\r\nb=09=\r\nc"), "a \nb\tc");
    EXPECT_EQ(from_quoted_printable("50=% =4"), "50=% =4");
}

TEST(Sender, IsAnAddressWithOrWithoutAName) {
    EXPECT_EQ(Sender::parse("darkroom@example.org")->address.text(), "darkroom@example.org");
    EXPECT_EQ(Sender::parse("\"The Darkroom, Inc.\" <d@example.org>")->name, "The Darkroom, Inc.");
    for (const auto* bad : {"", "nobody", "A <>", "A <a@b", "a\n <d@example.org>", "A <d@example.org> x"}) {
        EXPECT_TRUE(Sender::parse(bad).has_error()) << bad;
    }
    auto message = a_message();
    message.from = Sender::parse("\"The Darkroom, Inc.\" <d@example.org>").value();
    EXPECT_NE(compose(message).find("From: \"The Darkroom, Inc.\" <d@example.org>\r\n"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::mail
