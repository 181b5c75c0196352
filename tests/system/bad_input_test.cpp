// What bad input gets: the table of the same name, by well-formed HTTP.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

std::size_t files_on_disk() {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(System::instance().data_directory())) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
}

Answer post_text(HttpClient& client, std::string target, std::string body, std::string type = "application/json") {
    return client.send(
        {.method = "POST", .target = std::move(target), .body = std::move(body), .content_type = std::move(type)});
}

TEST(BadJson, EveryBadFieldIsNamedAtOnce) {
    HttpClient client(System::instance().port(Part::gateway));

    const auto empty = client.post("/auth/register", {});
    const auto wrong = client.post(
        "/auth/register",
        {{"email", "not an address"}, {"username", 7}, {"password", "short"}, {"full_name", json::Array{}}, {"role", "admin"}});

    EXPECT_TRUE(is_problem(empty, 422));
    for (const auto* field : {"email", "username", "password"}) EXPECT_TRUE(names_field(empty, field));
    EXPECT_TRUE(is_problem(wrong, 422));
    for (const auto* field : {"email", "username", "password", "full_name", "role"}) EXPECT_TRUE(names_field(wrong, field));
}

TEST(BadJson, IsRefusedWithoutHarm) {
    HttpClient client(System::instance().port(Part::gateway));
    const std::string deep(100'000, '[');

    for (const auto& body :
         {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{\"email\": }"),
          std::string("{\"a\":1}{\"a\":1}"), std::string("{\"email\":\"a@b.cd\",\"email\":\"x@y.zt\"}"), deep,
          std::string("\xff\xfe"), std::string("{\"email\":\"\\ud800\"}")}) {
        EXPECT_TRUE(is_problem(post_text(client, "/auth/login", body), body == deep ? 413 : 422)) << body.substr(0, 40);
    }
    EXPECT_TRUE(is_problem(post_text(client, "/auth/login", deep.substr(0, 10'000)), 422));
    EXPECT_TRUE(is_problem(post_text(client, "/auth/login", "{}", "text/plain"), 415));
    EXPECT_TRUE(
        is_problem(client.post("/auth/login", {{"email", std::string("a\0b", 3)}, {"password", std::string("\0", 1)}}), 401));
    EXPECT_EQ(client.get("/health").status, 200);
}

TEST(BadQueries, AreRefusedFieldByField) {
    auto person = Person::join(System::instance(), "query");

    const auto answer = person.http().get("/images?page=0&size=101");
    EXPECT_TRUE(is_problem(answer, 422));
    EXPECT_TRUE(names_field(answer, "page"));
    EXPECT_TRUE(names_field(answer, "size"));
    EXPECT_TRUE(is_problem(person.http().get("/events?limit=0"), 422));
    EXPECT_TRUE(is_problem(person.http().get("/events?limit=1001"), 422));
    EXPECT_TRUE(is_problem(person.http().get("/events?since=yesterday"), 422));
    EXPECT_TRUE(is_problem(person.http().get("/images?page=1&page=2"), 422));
    EXPECT_EQ(person.http().get("/events?event_type=nobody.sent.this").number("data.events.0"), -1);
    EXPECT_EQ(person.http().get("/images?page=1000").status, 200);
    EXPECT_LT(person.http().get("/images?q=%00").status, 500);
}

TEST(BadUploads, AreRefusedWithTheReasonAndLeaveNothing) {
    auto person = Person::join(System::instance(), "uploader");
    const auto photo = pictures::encode(pictures::a_photo(400, 300), ".jpg[Q=90]");
    const auto png = pictures::encode(pictures::a_photo(400, 300), ".png");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"zero bytes", ""},
        {"text", "I am a picture, honestly."},
        {"a page", "<html><script>alert(1)</script></html>"},
        {"a drawing", R"(<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>)"},
        {"half a JPEG", photo.substr(0, photo.size() / 2)},
        {"a JPEG's head", photo.substr(0, 20)},
        {"half a PNG", png.substr(0, png.size() / 2)},
        {"30000 by 30000", pictures::png_claiming(30'000, 30'000)},
        {"a zip", std::string("PK\x03\x04", 4) + std::string(1'000, '\0')},
        {"a PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"},
    };
    const auto before = files_on_disk();

    for (const auto& [what, content] : cases) {
        const auto answer = person.http().upload("/images/upload", {.content = content, .filename = "holiday.jpg"});
        EXPECT_TRUE(answer.status == 415 || answer.status == 422) << what << ": " << answer.summary();
        EXPECT_TRUE(is_problem(answer, answer.status)) << what;
    }

    EXPECT_TRUE(eventually([&] { return files_on_disk() == before; })) << files_on_disk() << " files, before " << before;
    EXPECT_EQ(person.http().get("/images").number("data.pagination.total"), 0);
    EXPECT_FALSE(person.upload(photo, "still works.jpg").empty());
}

TEST(BadUploads, TooMuchIs413) {
    auto person = Person::join(System::instance(), "heavy");
    const auto before = files_on_disk();
    const std::string heavy(26U * 1024U * 1024U + 1, 'x');

    const auto answer = person.http().upload("/images/upload", {.content = heavy, .filename = "heavy.jpg"});

    EXPECT_TRUE(is_problem(answer, 413));
    EXPECT_TRUE(eventually([&] { return files_on_disk() == before; }));
}

TEST(BadUploads, ABrokenFormIsRefused) {
    auto person = Person::join(System::instance(), "form");
    const std::string type = "multipart/form-data; boundary=b";

    const auto without_file = post_text(person.http(), "/images/upload",
                                        "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--b--\r\n", type);
    const auto cut = post_text(person.http(), "/images/upload",
                               "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\nabc", type);

    EXPECT_TRUE(is_problem(without_file, 422));
    EXPECT_TRUE(is_problem(cut, 422));
    EXPECT_TRUE(is_problem(post_text(person.http(), "/images/upload", "{}"), 415));
    EXPECT_TRUE(is_problem(post_text(person.http(), "/images/upload", "x", "multipart/form-data"), 422));
}

TEST(BadOrders, NameTheParameterAtFault) {
    auto person = Person::join(System::instance(), "orders");
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(64, 64), ".png"), "orders.png");
    const auto path = "/images/" + upload_id + "/process";
    const auto order = [&](std::string_view transformation, json::Object parameters) {
        return person.http().post(
            path, {{"transformation_type", boost::json::string(transformation)}, {"parameters", std::move(parameters)}});
    };

    EXPECT_TRUE(names_field(order("nonsense", {}), "transformation_type"));
    EXPECT_TRUE(names_field(person.http().post(path, {}), "transformation_type"));
    EXPECT_TRUE(names_field(order("resize", {{"width", 0}}), "parameters.width"));
    EXPECT_TRUE(names_field(order("resize", {{"width", "wide"}}), "parameters.width"));
    EXPECT_TRUE(is_problem(order("resize", {}), 422));
    EXPECT_TRUE(names_field(order("gaussian_blur", {{"sigma", 1000}}), "parameters.sigma"));
    EXPECT_TRUE(names_field(order("rotate", {}), "parameters.angle"));
    EXPECT_TRUE(names_field(order("grayscale", {{"colour", "pink"}}), "parameters.colour"));
    EXPECT_TRUE(is_problem(person.http().post("/images/no-such-upload/process", {{"transformation_type", "grayscale"}}), 404));
    EXPECT_TRUE(is_problem(person.http().get("/images/" + upload_id + "/download/grayscale"), 404));
    EXPECT_EQ(person.http().get("/images/" + upload_id + "/status").number("data.processings.0.progress"), -1);
}

}  // namespace
}  // namespace darkroom::system_test
