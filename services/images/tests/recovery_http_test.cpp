// What a processing survives: the service, its process, the database, another instance.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <csignal>
#include <fstream>

namespace darkroom::images::testing {
namespace {

using ::testing::ElementsAre;

TEST(Recovery, AJobSurvivesTheServiceThatRanIt) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            std::string id;
            {
                const auto service = all.start(runtime);
                const auto upload_id = co_await upload(*service, a_slow_file());
                id = co_await start_processing(*service, upload_id, slow);
                co_await wait_for(*service, id, "processing");
                co_await service->stop();
                co_await runtime.tasks().stop(5s);
            }
            EXPECT_EQ(all.database.query("SELECT status FROM images.jobs"), "queued");

            const auto service = all.start(runtime);
            const auto done = co_await wait_for(*service, id, "completed");

            EXPECT_EQ(done.at("attempts"), 2);
            EXPECT_THAT(all.event_types(),
                        ElementsAre("image.uploaded", "image.processing.started", "image.processing.completed"));
            co_await service->stop();
        },
        servers);
}

TEST(Recovery, TheLeasesOfAKilledPredecessorAreTakenBackAtOnce) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            std::string id;
            {
                const auto service = all.start(runtime);
                const auto upload_id = co_await upload(*service, a_small_file());
                id = co_await start_processing(*service, upload_id, grayscale);
                co_await wait_for(*service, id, "completed");
                co_await service->stop();
                co_await runtime.tasks().stop(5s);
            }
            // As kill -9 leaves it: leased by this place, with half a minute to go.
            std::ifstream lock(all.data.path() / "instances" / "0");
            std::string instance;
            lock >> instance;
            all.database.query(
                "UPDATE images.jobs SET status = 'processing', progress = 40, result_sha256 = NULL, lease_owner = '" +
                instance + "', lease_until = now() + interval '30 s' RETURNING id");

            const auto service = all.start(runtime);
            const auto start = SteadyClock::now();
            const auto done = co_await wait_for(*service, id, "completed");

            EXPECT_LT(SteadyClock::now() - start, 5s);
            EXPECT_EQ(done.at("attempts"), 2);
            co_await service->stop();
        },
        servers);
}

TEST(Recovery, AnAttemptThatLostItsLeaseChangesNothing) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_slow_file());
            const auto id = co_await start_processing(*service, upload_id, slow);
            co_await wait_for(*service, id, "processing");

            // Another instance has taken it over.
            all.database.query(
                "UPDATE images.jobs SET attempts = attempts + 1, lease_owner = 'another', progress = 7 RETURNING id");
            const auto idle = [&] { return metric(*service, running_metric) == 0; };
            const bool ended = co_await darkroom::testing::eventually(idle, 30s);
            EXPECT_TRUE(ended);
            co_await service->stop();

            EXPECT_EQ(all.database.query("SELECT status || progress || lease_owner FROM images.jobs"), "processing7another");
        },
        servers);
}

TEST(Recovery, AJobOutlivesALostDatabaseConnection) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_slow_file());
            const auto id = co_await start_processing(*service, upload_id, slow);
            co_await wait_for(*service, id, "processing");

            all.database.accept_connections(false);
            const auto away = co_await get(*service, "/images/" + upload_id);
            EXPECT_EQ(away.status, 503);
            EXPECT_FALSE(away.headers.get("Retry-After").empty());
            // The job ends meanwhile and cannot say so.
            const auto finished = [] { return signal_jobs(0) == 0; };
            const bool ended = co_await darkroom::testing::eventually(finished, 20s);
            EXPECT_TRUE(ended);
            all.database.accept_connections(true);
            const auto back = [&] { return metric(*service, running_metric) == 0; };
            const bool given_back = co_await darkroom::testing::eventually(back, 30s);
            EXPECT_TRUE(given_back);
            const auto done = co_await wait_for(*service, id, "completed");

            EXPECT_EQ(done.at("progress"), 100);
            EXPECT_THAT(all.event_types(),
                        ElementsAre("image.uploaded", "image.processing.started", "image.processing.completed"));
            co_await service->stop();
        },
        servers);
}

awaitable<bool> has_failed_while_crashing(TestService& service, std::string id) {
    signal_jobs(SIGABRT);
    const auto response = co_await get(service, "/images/processings/" + id);
    co_return data_of(response).at("status") == "failed";
}

TEST(Recovery, AJobThatKeepsCrashingFailsAndTheServiceLives) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto upload_id = co_await upload(*service, a_slow_file());

            const auto id = co_await start_processing(*service, upload_id, slow);
            const auto failed = [&] { return has_failed_while_crashing(*service, id); };
            const bool reached = co_await eventually_async(failed, 30s);
            const auto seen = co_await get(*service, "/images/processings/" + id);

            EXPECT_TRUE(reached);
            EXPECT_EQ(data_of(seen).at("attempts"), 3);
            EXPECT_EQ(data_of(seen).at("error_code"), "processing_failed");
            EXPECT_THAT(all.event_types(),
                        ElementsAre("image.uploaded", "image.processing.started", "image.processing.failed"));
            const auto next = co_await start_processing(*service, upload_id, grayscale);
            co_await wait_for(*service, next, "completed");
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
