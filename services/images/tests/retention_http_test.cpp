// What grows old goes, and its space is given back.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"

#include <filesystem>
#include <fstream>

namespace darkroom::images::testing {
namespace {

TEST(Retention, RemovesOldResultsAndKeepsTheirOriginal) {
    Servers servers;
    servers.retention = {.results = std::chrono::hours{1}, .interval = 50ms};
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto id = co_await upload(*service, a_small_file());
            const auto old_job = co_await start_processing(*service, id, grayscale);
            const auto young_job = co_await start_processing(*service, id, R"({"transformation_type":"invert"})");
            co_await wait_for(*service, old_job, "completed");
            co_await wait_for(*service, young_job, "completed");
            EXPECT_EQ(all.files_in("objects"), 3U);

            all.database.query("UPDATE images.jobs SET finished_at = now() - interval '2 h' WHERE id = '" + old_job +
                               "' RETURNING id");
            const bool removed = co_await darkroom::testing::eventually([&] { return all.files_in("objects") == 2; });
            const auto gone = co_await get(*service, "/images/" + id + "/download/grayscale");
            const auto kept = co_await get(*service, "/images/" + id + "/download/invert");
            const auto original = co_await get(*service, "/images/" + id + "/download");
            const auto stats = co_await get(*service, "/images/stats");

            EXPECT_TRUE(removed);
            EXPECT_EQ(code_of(gone), "result_not_found");
            EXPECT_EQ(kept.status, 200);
            EXPECT_EQ(original.status, 200);
            EXPECT_EQ(data_of(stats).at("storage").at("used_bytes"),
                      static_cast<std::int64_t>(original.body.size() + kept.body.size()));
            co_await service->stop();
        },
        servers);
}

TEST(Retention, RemovesOldUploadsWhenAsked) {
    Servers servers;
    servers.retention = {.uploads = std::chrono::hours{1}, .interval = 50ms};
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto old_upload = co_await upload(*service, a_small_file());
            const auto young = co_await upload(*service, encode(a_photo(20, 20), ".png"));

            all.database.query("UPDATE images.uploads SET created_at = now() - interval '2 h' WHERE id = '" + old_upload +
                               "' RETURNING id");
            const bool removed = co_await darkroom::testing::eventually([&] { return all.files_in("objects") == 1; });
            const auto gone = co_await get(*service, "/images/" + old_upload);
            const auto kept = co_await get(*service, "/images/" + young);

            EXPECT_TRUE(removed);
            EXPECT_EQ(gone.status, 404);
            EXPECT_EQ(kept.status, 200);
            EXPECT_EQ(all.event_types().back(), "image.deleted");
            co_await service->stop();
        },
        servers);
}

TEST(FileCollector, RemovesWhatADeadInstanceWasWriting) {
    Servers servers;
    namespace fs = std::filesystem;
    const auto incoming = servers.data.path() / "incoming";
    fs::create_directories(incoming);
    for (const auto* name : {"dead.1", "alive.1"}) std::ofstream(incoming / name) << "half a file";
    fs::last_write_time(incoming / "dead.1", fs::file_time_type::clock::now() - std::chrono::hours{25});
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);

            const bool removed = co_await darkroom::testing::eventually([&] { return all.files_in("incoming") == 1; });

            EXPECT_TRUE(removed);
            EXPECT_TRUE(fs::exists(all.data.path() / "incoming" / "alive.1"));
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
