#include "platform/http/multipart_parser.hpp"

#include "platform/http/part_headers.hpp"

#include <gmock/gmock.h>

namespace darkroom::http {
namespace {

using ::testing::ElementsAre;

/// "name|filename|content type|content" of every part, or "malformed".
std::vector<std::string> parse(std::string_view input, std::size_t cut, std::string_view boundary = "XX") {
    MultipartParser parser(boundary, {.parts = 3, .header_bytes = 200});
    std::vector<std::string> parts;
    std::string pending(input.substr(0, cut));
    std::string_view rest = input.substr(cut);
    try {
        while (!parser.ended()) {
            const auto step = parser.next(pending);
            if (step.event == MultipartParser::Event::part) {
                const auto& part = parser.part();
                parts.push_back(part.name + "|" + part.filename.value_or("-") + "|" + part.content_type + "|");
            }
            if (step.event == MultipartParser::Event::content) parts.back() += step.content;
            pending.erase(0, step.consumed);
            if (step.event != MultipartParser::Event::need_more || step.consumed != 0) continue;
            if (rest.empty()) return {"cut off"};
            pending.append(rest);
            rest = {};
        }
    } catch (const Failure& failure) {
        return {std::string(failure.error().code)};
    }
    return parts;
}

const std::string form =
    "--XX\r\nContent-Disposition: form-data; name=\"user_id\"\r\n\r\nabc\r\n"
    "--XX \t\r\ncontent-disposition: form-data; name=file; filename=\"a.png\"\r\nContent-Type: "
    "image/png\r\n\r\n\r\n--X\r\r\n--XY\r\n\r\n"
    "--XX\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
    "--XX--\r\nepilogue";

TEST(Multipart, FindsItsPartsHoweverTheInputIsCut) {
    for (std::size_t cut = 0; cut <= form.size(); ++cut) {
        EXPECT_THAT(parse(form, cut), ElementsAre("user_id|-||abc", "file|a.png|image/png|\r\n--X\r\r\n--XY\r\n", "empty|-||"))
            << cut;
    }
}

TEST(Multipart, TakesAPreambleAndAPartWithoutContent) {
    const std::string input = "preamble\r\n--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX--";
    for (std::size_t cut = 0; cut <= input.size(); ++cut) EXPECT_THAT(parse(input, cut), ElementsAre("a|-||")) << cut;
}

TEST(Multipart, RefusesWhatIsBrokenOrCutOff) {
    const std::string header = "Content-Disposition: form-data; name=a\r\n";
    EXPECT_THAT(parse("", 0), ElementsAre("cut off"));
    EXPECT_THAT(parse(std::string(300, 'x'), 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XXjunk\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\n" + header, 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\n\r\nno headers", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\nContent-Type: a/b\r\n\r\nno name\r\n--XX--", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\n" + header + header + "\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\nBad Header: x\r\n" + header + "\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\n folded: x\r\n" + header + "\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\n" + header + "X: " + std::string(300, 'x') + "\r\n\r\n", 0), ElementsAre("malformed_multipart"));
    EXPECT_THAT(parse("--XX\r\n" + header + "\r\nnever ends", 0), ElementsAre("cut off"));
    std::string many;
    for (int i = 0; i < 4; ++i) many += "--XX\r\n" + header + "\r\nx\r\n";
    EXPECT_THAT(parse(many + "--XX--", 0), ElementsAre("malformed_multipart"));
}

TEST(Multipart, WantsAValidBoundary) {
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc").value(), "abc");
    EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"").value(), "a b");
    EXPECT_EQ(multipart_boundary("application/json").error().kind, Kind::unsupported_media);
    EXPECT_EQ(multipart_boundary("").error().kind, Kind::unsupported_media);
    EXPECT_EQ(multipart_boundary("multipart/form-data").error().kind, Kind::invalid);
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=").error().kind, Kind::unsupported_media);
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')).error().kind, Kind::invalid);
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=\"a\x01\"").error().kind, Kind::invalid);
}

TEST(Multipart, CleansFileNames) {
    EXPECT_EQ(sanitized_filename("photo.jpg"), "photo.jpg");
    EXPECT_EQ(sanitized_filename("../../etc/passwd"), "passwd");
    EXPECT_EQ(sanitized_filename("C:\\photos\\a.jpg"), "a.jpg");
    EXPECT_EQ(sanitized_filename("a\r\n\x01.jpg"), "a.jpg");
    EXPECT_EQ(sanitized_filename(".."), "_");
    EXPECT_EQ(sanitized_filename("gr\xC3\xBC\xC3\x9F"
                                 "e.png"),
              "gr\xC3\xBC\xC3\x9F"
              "e.png");
    EXPECT_EQ(sanitized_filename("bad\xFF.png"), "bad_.png");
    EXPECT_EQ(sanitized_filename("a\xE2\x80\xAEgpj.exe"), "agpj.exe") << "no text that runs backwards";
    EXPECT_EQ(sanitized_filename(std::string(254, 'x') + "\xC3\xBC").size(), 254U) << "no half characters";
}

std::optional<std::string> filename_of(std::string_view parameters) {
    const auto part = parse_part_headers("Content-Disposition: form-data; name=f; " + std::string(parameters));
    return part ? part->filename : std::optional<std::string>("(refused)");
}

TEST(Multipart, ReadsFileNamesOfEveryForm) {
    EXPECT_EQ(filename_of("filename=\"a \\\"b\\\".png\""), "a \"b\".png");
    EXPECT_EQ(filename_of("filename=\"C:\\dir\\x.png\""), "x.png");
    EXPECT_EQ(filename_of("filename=plain.png"), "plain.png");
    EXPECT_EQ(filename_of("filename=\"\""), "");
    EXPECT_EQ(filename_of("filename=\"x.png\"; filename*=UTF-8''%e2%82%ac.png"), "\xE2\x82\xAC.png");
    EXPECT_EQ(filename_of("filename*=utf-8'en'%2e%2e%2fx"), "x");
    EXPECT_EQ(filename_of("filename*=latin1''x"), "(refused)");
    EXPECT_EQ(filename_of("filename=\"unclosed"), "(refused)");
    EXPECT_EQ(filename_of("filename=a; filename=b"), "(refused)");
}

}  // namespace
}  // namespace darkroom::http
