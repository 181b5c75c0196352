// Processings over HTTP: queued, run by the real worker, watched, called off, survived.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"

#include "platform/redis/subscriber.hpp"

namespace darkroom::images::testing {
namespace {

using ::testing::ElementsAre;

TEST(Processing, TurnsAnUploadIntoAResult) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_small_file());
            const auto accepted = co_await process(*service, upload_id, grayscale);
            EXPECT_EQ(data_of(accepted).at("status"), "queued");
            const auto id = std::string(json::view(data_of(accepted).at("id").as_string()));

            const auto done = co_await wait_for(*service, id, "completed");
            const auto result = co_await get(*service, "/images/processings/" + id + "/result");
            const auto newest = co_await get(*service, "/images/" + upload_id + "/download/grayscale");
            const auto status = co_await get(*service, "/images/" + upload_id + "/status");
            const auto detail = co_await get(*service, "/images/" + upload_id);

            EXPECT_EQ(done.at("progress"), 100);
            EXPECT_EQ(done.at("result").at("mime_type"), "image/png");
            EXPECT_EQ(decode(result.body).bands, 1);
            EXPECT_EQ(newest.body, result.body);
            EXPECT_NE(newest.headers.get("Content-Disposition").find("photo-grayscale.png"), std::string_view::npos);
            EXPECT_EQ(data_of(status).at("processings").at(0).at("id"), boost::json::string(id));
            EXPECT_EQ(data_of(status).at("upload").at("id"), boost::json::string(upload_id));
            EXPECT_EQ(data_of(detail).at("processings").as_array().size(), 1U);
            EXPECT_THAT(all.event_types(), ElementsAre("image.uploaded", "image.processing.started",
                                                       "image.processing.completed", "image.downloaded", "image.downloaded"));
            co_await service->stop();
        },
        servers);
}

TEST(Processing, OfAnAnimationGivesOne) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            Animation film{{a_plain(60, 40, {200, 10, 10}), a_plain(60, 40, {10, 200, 10})}, {120, 340}, 2};
            const auto upload_id = co_await upload(*service, encode_frames(film, ".gif"), "film.gif");
            const auto first = co_await start_processing(
                *service, upload_id, R"({"transformation_type":"resize","parameters":{"width":30},"format":"webp"})");
            const auto done = co_await wait_for(*service, first, "completed");
            const auto result = co_await get(*service, "/images/processings/" + first + "/result");
            const auto source = co_await get(*service, "/images/" + upload_id);

            EXPECT_EQ(data_of(source).at("frames"), 2) << source.body;
            EXPECT_EQ(done.at("result").at("mime_type"), "image/webp");
            EXPECT_EQ(done.at("result").at("height"), 20) << "of a frame";
            const auto played = decode_frames(result.body);
            EXPECT_EQ(played.frames.size(), 2U);
            EXPECT_EQ(played.delays, film.delays);
            EXPECT_EQ(played.loop, 2);
            co_await service->stop();
        },
        servers);
}

TEST(Processing, NamesEveryBadField) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_small_file());

            const auto bad = co_await process(
                *service, upload_id, R"({"transformation_type":"resize","parameters":{"width":0,"fit":"x"},"quality":0})");
            const auto foreign =
                co_await process(*service, upload_id, R"({"transformation_type":"grayscale","user_id":"bob"})");
            const auto result = co_await get(*service, "/images/" + upload_id + "/download/grayscale");

            EXPECT_EQ(bad.status, 422);
            EXPECT_EQ(json::parse(bad.body).value().at("errors").as_array().size(), 3U) << bad.body;
            EXPECT_EQ(foreign.status, 403);
            EXPECT_EQ(code_of(result), "result_not_found");
            co_await service->stop();
        },
        servers);
}

TEST(Processing, RunsANamedPipeline) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_small_file());
            const auto id = co_await start_processing(
                *service, upload_id,
                R"({"name":"web","format":"webp","pipeline":[{"transformation_type":"resize","parameters":{"width":30}},
                    {"transformation_type":"grayscale"}]})");

            const auto done = co_await wait_for(*service, id, "completed");
            const auto result = co_await get(*service, "/images/" + upload_id + "/download/web");

            EXPECT_EQ(done.at("result").at("width"), 30);
            EXPECT_EQ(done.at("pipeline").as_array().size(), 2U);
            EXPECT_EQ(result.headers.get("Content-Type"), "image/webp");
            co_await service->stop();
        },
        servers);
}

TEST(Processing, UsesAnEqualResultAgain) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto first = co_await upload(*service, a_small_file());
            const auto second = co_await upload(*service, a_small_file(), "copy.png", bob);
            const auto id = co_await start_processing(*service, first, grayscale);
            co_await wait_for(*service, id, "completed");

            const auto again = co_await process(*service, second, grayscale, bob);
            const auto copy = std::string(json::view(data_of(again).at("id").as_string()));
            const auto completed = [&]() -> bool {
                return all.database.query("SELECT count(*) FROM images.jobs WHERE status = 'completed'") == "2";
            };
            const bool reached = co_await darkroom::testing::eventually(completed);
            EXPECT_TRUE(reached);
            const auto metrics = co_await get(*service, "/metrics", "");
            EXPECT_NE(metrics.body.find(R"(outcome="reused")"), std::string::npos);

            // The result outlives the upload it was made for.
            co_await remove(*service, "/images/" + first);
            const auto seen = co_await get(*service, "/images/processings/" + copy, admin);
            EXPECT_EQ(data_of(seen).at("status"), "completed");
            const auto result = co_await get(*service, "/images/" + second + "/download/grayscale", bob);
            EXPECT_EQ(result.status, 200);
            co_await service->stop();
        },
        servers);
}

struct Live {
    std::vector<int> progress;
};

TEST(Progress, IsToldLiveAndNeverGoesBack) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            redis::Subscriber subscriber(runtime.executor(), runtime.cpu(),
                                         {.url = redis::Url::parse(all.redis.url()).value()});
            Live live;
            const auto on_message = [&live](std::string_view text) {
                const auto event = json::parse(text).value();
                EXPECT_EQ(event.at("type"), "image.processing.progress");
                EXPECT_EQ(event.at("user_id"), "alice");
                live.progress.push_back(static_cast<int>(event.at("data").at("progress").as_int64()));
            };
            subscriber.subscribe("darkroom.live", on_message);
            subscriber.start();
            const auto connected = [&] { return subscriber.connected(); };
            const bool subscribed = co_await darkroom::testing::eventually(connected);
            EXPECT_TRUE(subscribed);
            const auto upload_id = co_await upload(*service, a_slow_file());

            const auto id = co_await start_processing(*service, upload_id, slow);
            const auto running = [&live] { return live.progress.size() >= 2; };
            const bool told = co_await darkroom::testing::eventually(running);
            const auto midway = co_await get(*service, "/images/processings/" + id);
            co_await wait_for(*service, id, "completed");

            EXPECT_TRUE(told);
            EXPECT_TRUE(std::ranges::is_sorted(live.progress));
            EXPECT_LT(live.progress.back(), 100);
            EXPECT_GT(data_of(midway).at("progress").as_int64(), 0);
            co_await service->stop();
        },
        servers);
}

TEST(Cancelling, StopsARunningJob) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_slow_file());
            const auto id = co_await start_processing(*service, upload_id, slow);
            co_await wait_for(*service, id, "processing");

            const auto start = SteadyClock::now();
            const auto cancelled = co_await remove(*service, "/images/processings/" + id);
            const auto idle = [&] { return metric(*service, running_metric) == 0; };
            const bool stopped = co_await darkroom::testing::eventually(idle);
            EXPECT_TRUE(stopped);
            EXPECT_LT(SteadyClock::now() - start, 1s);
            const auto again = co_await remove(*service, "/images/processings/" + id);
            const auto result = co_await get(*service, "/images/processings/" + id + "/result");

            EXPECT_EQ(data_of(cancelled).at("status"), "cancelled");
            EXPECT_EQ(again.status, 200);
            EXPECT_EQ(code_of(result), "result_not_ready");
            EXPECT_THAT(all.event_types(),
                        ElementsAre("image.uploaded", "image.processing.started", "image.processing.cancelled"));
            co_await service->stop();
        },
        servers);
}

TEST(Cancelling, IsTooLateForWhatHasEnded) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_small_file());
            const auto id = co_await start_processing(*service, upload_id, grayscale);
            co_await wait_for(*service, id, "completed");

            const auto response = co_await remove(*service, "/images/processings/" + id);

            EXPECT_EQ(response.status, 409);
            EXPECT_EQ(code_of(response), "processing_finished");
            co_await service->stop();
        },
        servers);
}

TEST(Deleting, AnUploadEndsItsRunningJobs) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_slow_file());
            const auto id = co_await start_processing(*service, upload_id, slow);
            co_await wait_for(*service, id, "processing");

            const auto response = co_await remove(*service, "/images/" + upload_id);
            const auto gone = co_await get(*service, "/images/processings/" + id);

            EXPECT_EQ(response.status, 200);
            EXPECT_EQ(gone.status, 404);
            EXPECT_EQ(all.files_in("objects"), 0U);
            EXPECT_THAT(all.event_types(), ElementsAre("image.uploaded", "image.processing.started",
                                                       "image.processing.cancelled", "image.deleted"));
            co_await service->stop();
        },
        servers);
}

TEST(Catalogue, ListsEveryTransformation) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);

            const auto response = co_await get(*service, "/images/transformations");

            const auto data = data_of(response);
            std::vector<std::string> names;
            for (const auto& row : data.at("transformations").as_array())
                names.emplace_back(json::view(row.at("name").as_string()));
            EXPECT_THAT(names, ::testing::IsSupersetOf({"grayscale", "resize", "gaussian_blur", "rotate"}));
            EXPECT_FALSE(response.headers.get("ETag").empty());
            co_await service->stop();
        },
        servers);
}

TEST(Processing, WorksWithoutRedis) {
    Servers servers;
    servers.redis.kill();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_small_file());

            const auto id = co_await start_processing(*service, upload_id, grayscale);
            const auto done = co_await wait_for(*service, id, "completed");

            EXPECT_EQ(done.at("progress"), 100);
            co_await service->stop();
        },
        servers);
}

TEST(Processing, PutsAnotherUploadOverAnImage) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto below = co_await upload(*service, encode(a_plain(200, 100, {0, 0, 200}), ".png"));
            const auto above = co_await upload(*service, encode(a_plain(40, 40, {200, 0, 0}), ".png"));
            const auto request = [](const std::string& id) {
                return R"({"transformation_type":"watermark","parameters":{"upload_id":")" + id +
                       R"(","position":"center","opacity":1,"scale":0.5}})";
            };

            const auto accepted = co_await process(*service, below, request(above));
            const auto missing = co_await process(*service, below, request("nobodys"));
            const auto both = co_await process(
                *service, below, R"({"transformation_type":"watermark","parameters":{"upload_id":"x","text":"y"}})");
            const auto id = std::string(json::view(data_of(accepted).at("id").as_string()));
            co_await wait_for(*service, id, "completed");
            const auto result = co_await get(*service, "/images/processings/" + id + "/result");

            const auto picture = decode(result.body);
            EXPECT_EQ(picture.at(100, 50, 0), 200);
            EXPECT_EQ(picture.at(100, 50, 2), 0);
            EXPECT_EQ(picture.at(10, 50, 2), 200);
            EXPECT_EQ(missing.status, 404);
            EXPECT_EQ(both.status, 422);
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
