// Events of others, applied to the service's own tables.
#include "services/images/subscriptions.hpp"
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

namespace darkroom::images::testing {
namespace {

/// What the application builds, as far as a subscription needs it.
struct Parts {
    Parts(Runtime& runtime, Servers& all)
        : pool(runtime.executor(), runtime.cpu(), {.url = all.database.url()}),
          store(runtime.cpu(), all.data.path()),
          worker(runtime.executor(), {.program = worker_program()}),
          redis(runtime.executor(), runtime.cpu(), {.url = redis::Url::parse(all.redis.url()).value()}),
          wake(runtime.executor()),
          runner({runtime, pool, repository, jobs, usage, files, store, worker, redis, metrics, wake},
                 {.lease = {.owner = "a-test"}}) {}

    pg::Pool pool;
    FileStore store;
    ImageWorker worker;
    redis::Client redis;
    Notifier wake;
    telemetry::Metrics metrics{"tests"};
    UploadsRepository repository{pool};
    JobsRepository jobs{pool};
    UsageRepository usage{pool};
    IdempotencyRepository idempotency{pool};
    FilesRepository files{pool};
    FileCollector collector{pool, files, store};
    JobRunner runner;
    Uploads uploads{{pool, repository, jobs, files, usage, idempotency, store, collector, worker, runner}, {.max_bytes = 1024}};
    Subscriptions subscriptions{uploads};
};

TEST(UserDeleted, RemovesEverythingTheUserStored) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto first = co_await upload(*service, encode(a_photo(20, 20), ".png"));
            const auto job = co_await start_processing(*service, first, R"({"transformation_type":"grayscale"})");
            co_await wait_for(*service, job, "completed");
            co_await upload(*service, encode(a_photo(30, 20), ".png"), "of-bob.png", bob);
            Parts parts(runtime, all);
            const events::UserDeleted event{"alice", "alice@example.org", "alice", "user"};
            const auto envelope = bus::make_envelope(event, {"auth-service", "why", "alice"});
            const auto handlers = parts.subscriptions.handlers();

            auto transaction = co_await parts.pool.begin();
            co_await handlers.at(0).handle(transaction, envelope);
            co_await transaction.commit();
            const auto unneeded = co_await parts.files.unreferenced();
            co_await parts.collector.collect(unneeded);

            EXPECT_EQ(handlers.at(0).type, "user.deleted");
            EXPECT_EQ(all.database.query("SELECT string_agg(user_id, ',') FROM images.uploads"), "bob");
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.jobs"), "0");
            EXPECT_EQ(all.files_in("objects"), 1U);
            EXPECT_EQ(all.event_types().back(), "image.deleted");
            co_await service->stop();
        },
        servers);
}

TEST(FileCollector, SparesWhatIsNeededAndRemovesOrphans) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            co_await upload(*service, encode(a_photo(20, 20), ".png"));
            Parts parts(runtime, all);
            const auto digest = all.database.query("SELECT sha256 FROM images.files");

            co_await parts.collector.collect({digest});
            EXPECT_EQ(all.files_in("objects"), 1U);
            const auto orphan = std::string(64, 'a');
            const auto adopted = co_await parts.files.adopt_orphans({orphan, "not-a-digest"});
            co_await parts.collector.collect({orphan});

            EXPECT_EQ(adopted, 1);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.files WHERE sha256 = '" + orphan + "'"), "0");
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
