#include "platform/http/message.hpp"

#include "platform/http/file_range.hpp"
#include "platform/http/path.hpp"
#include "platform/http/response.hpp"
#include "platform/http/response_head.hpp"

#include <gmock/gmock.h>

namespace darkroom::http {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CanonicalPath, DecodesWhatIsHarmless) {
    EXPECT_EQ(canonical_path("/").value(), "/");
    EXPECT_EQ(canonical_path("/a/b/").value(), "/a/b/");
    EXPECT_EQ(canonical_path("/a%20b/%C3%A9").value(), "/a b/\xC3\xA9");
    EXPECT_EQ(canonical_path("/%61").value(), "/a");
    EXPECT_EQ(canonical_path("/...").value(), "/...");
    EXPECT_EQ(canonical_path("/a+b").value(), "/a+b");
}

TEST(CanonicalPath, RefusesEverySecondSpelling) {
    for (const auto& path : {""s,       "a"s,       "*"s,    "//"s,        "/a//b"s,      "/."s,         "/.."s,
                             "/a/./b"s, "/a/../b"s, "/%2e"s, "/%2E%2e/a"s, "/.%2e"s,      "/%2f"s,       "/..%2fa"s,
                             "/a%2Fb"s, "/a\\b"s,   "/%5c"s, "/%00"s,      "/%0a"s,       "/%7f"s,       "/%"s,
                             "/%4"s,    "/%zz"s,    "/%c3"s, "/%c0%af"s,   "/%e0%80%af"s, "/%ed%a0%80"s, "/%f4%90%80%80"s,
                             "/%ff"s}) {
        EXPECT_TRUE(canonical_path(path).has_error()) << path;
    }
}

TEST(Query, DecodesNamesAndValues) {
    const auto query = parse_query("a=1&b=x+y%26z&c&a=2&&=v").value();

    ASSERT_EQ(query.size(), 5U);
    EXPECT_EQ(query[1].value, "x y&z");
    EXPECT_EQ(query[2].name, "c");
    EXPECT_EQ(query[2].value, "");
    EXPECT_EQ(query[4].value, "v");
    EXPECT_TRUE(parse_query("a=%zz").has_error());
}

TEST(Headers, CompareWithoutCaseAndKeepRepetitions) {
    Headers headers{{"Accept", "a"}, {"ACCEPT", "b"}};

    EXPECT_EQ(headers.get("accept"), "a");
    EXPECT_EQ(headers.count("Accept"), 2U);
    headers.set("accept", "c");
    EXPECT_EQ(headers.size(), 1U);
    EXPECT_EQ(headers.get("nothing"), "");
}

struct Asked {
    std::string range;
    int status;
    std::uint64_t offset;
    std::uint64_t count;
    std::string content_range;
};

TEST(FileRange, AnswersSingleRanges) {
    for (const auto& [range, status, offset, count, content_range] : std::vector<Asked>{
             {"bytes=0-9", 206, 0, 10, "bytes 0-9/100"},
             {"bytes=90-", 206, 90, 10, "bytes 90-99/100"},
             {"bytes=-1", 206, 99, 1, "bytes 99-99/100"},
             {"bytes=-1000", 206, 0, 100, "bytes 0-99/100"},
             {"bytes=50-1000", 206, 50, 50, "bytes 50-99/100"},
             {"bytes=100-", 416, 0, 0, "bytes */100"},
             {"bytes=-0", 416, 0, 0, "bytes */100"},
             {"bytes=0-1,5-6", 200, 0, 100, ""},
             {"bytes=9-1", 200, 0, 100, ""},
             {"bytes=x-", 200, 0, 100, ""},
             {"bytes=-", 200, 0, 100, ""},
             {"lines=0-1", 200, 0, 100, ""},
             {"bytes=99999999999999999999-", 200, 0, 100, ""},
         }) {
        RequestHead request{.method = "GET", .headers{{"Range", range}}};
        Headers headers;

        const auto plan = plan_file(request, headers, 100);

        EXPECT_EQ(plan.status, status) << range;
        EXPECT_EQ(plan.offset, offset) << range;
        EXPECT_EQ(plan.count, count) << range;
        EXPECT_EQ(headers.get("Content-Range"), content_range) << range;
    }
}

int status_for(std::string method, Headers request_headers) {
    const RequestHead request{.method = std::move(method), .headers = std::move(request_headers)};
    Headers headers{{"ETag", "\"v1\""}, {"Last-Modified", "Sun, 22 Nov 2026 08:00:00 GMT"}};
    return plan_file(request, headers, 100).status;
}

TEST(FileRange, HonoursConditions) {
    EXPECT_EQ(status_for("GET", {{"If-None-Match", "\"v1\""}}), 304);
    EXPECT_EQ(status_for("HEAD", {{"If-None-Match", "W/\"v0\", W/\"v1\""}}), 304);
    EXPECT_EQ(status_for("GET", {{"If-None-Match", "*"}}), 304);
    EXPECT_EQ(status_for("GET", {{"If-None-Match", "\"v2\""}}), 200);
    EXPECT_EQ(status_for("GET", {{"If-None-Match", "\"v1\""}, {"Range", "bytes=0-1"}}), 304);
    EXPECT_EQ(status_for("GET", {{"If-Range", "\"v1\""}, {"Range", "bytes=0-1"}}), 206);
    EXPECT_EQ(status_for("GET", {{"If-Range", "\"v2\""}, {"Range", "bytes=0-1"}}), 200);
    EXPECT_EQ(status_for("GET", {{"If-Range", "W/\"v1\""}, {"Range", "bytes=0-1"}}), 200);
    EXPECT_EQ(status_for("GET", {{"If-Range", "Sun, 22 Nov 2026 08:00:00 GMT"}, {"Range", "bytes=0-1"}}), 206);
    EXPECT_EQ(status_for("HEAD", {{"Range", "bytes=0-1"}}), 200);
}

TEST(ResponseHead, LeavesFramingToTheServer) {
    ResponseHead head{200, {{"X", "y"}, {"content-length", "99"}, {"Transfer-Encoding", "gzip"}, {"Connection", "upgrade"}}};
    std::string out;

    append_response_head(out, head, {.length = 5, .close = true});

    EXPECT_THAT(out, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(out, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(out, HasSubstr("Date: "));
    EXPECT_THAT(out, Not(HasSubstr("99")));
    EXPECT_THAT(out, Not(HasSubstr("gzip")));
    EXPECT_THAT(out, Not(HasSubstr("upgrade")));
}

TEST(ResponseHead, RefusesHeadersThatWouldSplitTheResponse) {
    std::string out;
    EXPECT_THROW(append_response_head(out, {200, {{"X", "a\r\nSet-Cookie: b"}}}, {}), std::logic_error);
    EXPECT_THROW(append_response_head(out, {200, {{"X\n", "a"}}}, {}), std::logic_error);
}

TEST(Response, NamesDownloadsForOldAndNewClients) {
    const auto response = Response::file({FileHandle(-1), 0}, "image/png", "tag", "gr\xC3\xBC\"n.png");

    EXPECT_EQ(response.headers.get("Content-Disposition"),
              "attachment; filename=\"gr___n.png\"; filename*=UTF-8''gr%C3%BC%22n.png");
    EXPECT_EQ(response.headers.get("ETag"), "\"tag\"");
}

}  // namespace
}  // namespace darkroom::http
