// Uploads over HTTP: in, listed, out, gone.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"

#include "platform/core/encoding.hpp"

namespace darkroom::images::testing {
namespace {

using ::testing::ElementsAre;

TEST(Uploading, StoresTheFileAndTellsItsTypeByContent) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto file = encode(a_photo(60, 40), ".png");

            // The name lies, the content does not.
            const auto request = upload_request(alice, {{"file", file, "holiday.jpg"}});
            const auto response = co_await service->send(request);

            const auto data = data_of(response);
            EXPECT_EQ(data.at("filename"), "holiday.jpg");
            EXPECT_EQ(data.at("mime_type"), "image/png");
            EXPECT_EQ(data.at("width"), 60);
            EXPECT_EQ(data.at("height"), 40);
            EXPECT_EQ(data.at("user_id"), "alice");
            EXPECT_EQ(data.at("status"), "uploaded");
            EXPECT_EQ(data.at("sha256"), boost::json::string(sha256_hex(file)));
            EXPECT_EQ(all.files_in("objects"), 1U);
            EXPECT_EQ(all.files_in("incoming"), 0U);
            EXPECT_THAT(all.event_types(), ElementsAre("image.uploaded"));
            co_await service->stop();
        },
        servers);
}

struct BadUpload {
    const char* name;
    std::string content;
    int status;
    const char* code;
};

awaitable<> expect_refused(TestService& service, const BadUpload& bad) {
    const auto request = upload_request(alice, {{"file", bad.content, "x.jpg"}});
    const auto response = co_await service.send(request);
    EXPECT_EQ(response.status, bad.status) << bad.name;
    EXPECT_EQ(code_of(response), bad.code) << bad.name;
}

TEST(Uploading, LeavesNothingBehindOfWhatItRefuses) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto photo = encode(a_photo(200, 200), ".jpg");
            Animation film{{a_photo(60, 40), a_photo(60, 40)}, {100, 100}, 0};
            film.frames[1].bytes.assign(film.frames[1].bytes.size(), 7);
            const auto animation = encode_frames(film, ".gif");
            const std::vector<BadUpload> bad_uploads{
                {"empty", "", 422, "empty_file"},
                {"text", "just words", 415, "unsupported_image"},
                {"truncated", photo.substr(0, photo.size() / 2), 422, "damaged_image"},
                {"bomb", png_claiming(30000, 30000), 422, "too_many_pixels"},
                {"broken off", animation.substr(0, animation.size() - 20), 422, "damaged_image"},
                {"canvas", with_canvas(encode_frames(film, ".webp"), 16'000, 16'000), 422, "too_many_pixels"},
                {"large", photo + std::string(1024 * 1024, 'x'), 413, "upload_too_large"},
            };

            for (const auto& bad : bad_uploads) co_await expect_refused(*service, bad);
            const auto nothing = upload_request(alice, {{"other", "x", "x.jpg"}});
            const auto response = co_await service->send(nothing);

            EXPECT_EQ(response.status, 422);
            EXPECT_EQ(all.files_in("objects") + all.files_in("incoming"), 0U);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.files"), "0");
            EXPECT_TRUE(all.event_types().empty());
            const auto id = co_await upload(*service, photo);
            EXPECT_FALSE(id.empty()) << "and the service is alive";
            co_await service->stop();
        },
        servers);
}

TEST(Uploading, ForSomebodyElseIsForAdminsOnly) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto file = encode(a_photo(20, 20), ".png");
            const std::vector<FormPart> for_bob{{"user_id", "bob"}, {"file", file, "a.png"}};

            const auto by_alice = upload_request(alice, for_bob);
            const auto refused = co_await service->send(by_alice);
            const auto by_admin = upload_request(admin, for_bob);
            const auto accepted = co_await service->send(by_admin);
            const auto by_guest = upload_request("user:greta:guest", {{"file", file, "a.png"}});
            const auto guest = co_await service->send(by_guest);

            EXPECT_EQ(refused.status, 403);
            EXPECT_EQ(data_of(accepted).at("user_id"), "bob");
            EXPECT_EQ(guest.status, 403);
            co_await service->stop();
        },
        servers);
}

TEST(Uploads, OfOthersDoNotExist) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto id = co_await upload(*service, encode(a_photo(20, 20), ".png"));

            for (const auto* path : {"", "/status", "/download", "/download/grayscale"}) {
                const auto response = co_await get(*service, "/images/" + id + path, bob);
                EXPECT_EQ(response.status, 404) << path;
            }
            const auto processing = co_await process(*service, id, R"({"transformation_type":"grayscale"})", bob);
            const auto deletion = co_await remove(*service, "/images/" + id, bob);
            const auto foreign_list = co_await get(*service, "/images?user_id=alice", bob);
            const auto by_admin = co_await get(*service, "/images/" + id, admin);

            EXPECT_EQ(processing.status, 404);
            EXPECT_EQ(deletion.status, 404);
            EXPECT_EQ(foreign_list.status, 403);
            EXPECT_EQ(by_admin.status, 200);
            co_await service->stop();
        },
        servers);
}

TEST(Uploads, AreListedFilteredAndPaged) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            co_await upload(*service, encode(a_photo(20, 20), ".png"), "Beach.png");
            co_await upload(*service, encode(a_photo(30, 20), ".jpg"), "forest.jpg");
            co_await upload(*service, encode(a_photo(40, 20), ".jpg"), "beach-2.jpg");
            co_await upload(*service, encode(a_photo(50, 20), ".jpg"), "of-bob.jpg", bob);

            const auto everything = co_await get(*service, "/images?size=2");
            const auto beaches = co_await get(*service, "/images?q=BEACH&sort=filename");
            const auto jpegs = co_await get(*service, "/images?mime_type=image/jpeg");
            const auto bad = co_await get(*service, "/images?sort=colour&size=0");

            EXPECT_EQ(data_of(everything).at("uploads").at(0).at("filename"), "beach-2.jpg");
            EXPECT_EQ(data_of(everything).at("uploads").as_array().size(), 2U);
            EXPECT_EQ(data_of(everything).at("pagination").at("total"), 3);
            EXPECT_EQ(data_of(everything).at("pagination").at("pages"), 2);
            EXPECT_EQ(data_of(beaches).at("pagination").at("total"), 2);
            EXPECT_EQ(data_of(jpegs).at("pagination").at("total"), 2);
            EXPECT_EQ(bad.status, 422);
            EXPECT_EQ(json::parse(bad.body).value().at("errors").as_array().size(), 2U);
            co_await service->stop();
        },
        servers);
}

TEST(Downloading, GivesTheOriginalWithRangeAndTag) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto file = encode(a_photo(60, 40), ".jpg");
            const auto id = co_await upload(*service, file);
            const auto target = "/images/" + id + "/download";

            const auto whole = co_await get(*service, target);
            TestRequest part{.target = target, .token = alice, .headers = {{"Range", "bytes=10-19"}}};
            const auto range = co_await service->send(part);
            TestRequest again{
                .target = target, .token = alice, .headers = {{"If-None-Match", std::string(whole.headers.get("ETag"))}}};
            const auto unchanged = co_await service->send(again);

            EXPECT_EQ(whole.body, file);
            EXPECT_EQ(whole.headers.get("Content-Type"), "image/jpeg");
            EXPECT_NE(whole.headers.get("Content-Disposition").find("photo.jpg"), std::string_view::npos);
            EXPECT_EQ(range.status, 206);
            EXPECT_EQ(range.body, file.substr(10, 10));
            EXPECT_EQ(unchanged.status, 304);
            EXPECT_THAT(all.event_types(), ElementsAre("image.uploaded", "image.downloaded"));
            co_await service->stop();
        },
        servers);
}

TEST(Deleting, RemovesFilesOnlyWithTheirLastReference) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto file = encode(a_photo(60, 40), ".png");
            const auto first = co_await upload(*service, file);
            const auto second = co_await upload(*service, file, "copy.png", bob);
            EXPECT_EQ(all.files_in("objects"), 1U) << "equal content is stored once";

            co_await remove(*service, "/images/" + first);
            const auto still_there = co_await get(*service, "/images/" + second + "/download", bob);
            const auto gone = co_await get(*service, "/images/" + first);
            co_await remove(*service, "/images/" + second, bob);

            EXPECT_EQ(still_there.body, file);
            EXPECT_EQ(gone.status, 404);
            EXPECT_EQ(all.files_in("objects"), 0U);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.files"), "0");
            co_await service->stop();
        },
        servers);
}

TEST(Stats, AreTheCallersOwnAndEverybodysForAnAdmin) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            co_await upload(*service, encode(a_photo(20, 20), ".png"));
            co_await upload(*service, encode(a_photo(21, 20), ".png"), "b.png", bob);

            const auto own = co_await get(*service, "/images/stats");
            const auto everybodys = co_await get(*service, "/images/stats", admin);

            EXPECT_EQ(data_of(own).at("total_uploads"), 1);
            EXPECT_EQ(data_of(everybodys).at("total_uploads"), 2);
            EXPECT_GT(data_of(own).at("bytes_stored").as_int64(), 0);
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
