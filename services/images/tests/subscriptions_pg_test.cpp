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
            // Begun before the user was gone, stored after.
            const auto late =
                co_await service->send(upload_request(alice, {{"file", encode(a_photo(20, 20), ".png"), "late.png"}}));
            EXPECT_EQ(late.status, 404);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.uploads WHERE user_id = 'alice'"), "0");
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.usage WHERE user_id = 'alice'"), "0");
            co_await service->stop();
        },
        servers);
}

TEST(UserExport, ListsWhatTheUserStoredAndGivesTheFiles) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto picture = encode(a_photo(20, 20), ".png");
            const auto first = co_await upload(*service, picture);
            const auto job = co_await start_processing(*service, first, grayscale);
            co_await wait_for(*service, job, "completed");
            co_await upload(*service, encode(a_photo(30, 20), ".png"), "of-bob.png", bob);
            const std::string target = "/internal/users/alice/export";

            std::map<std::string, json::Array> sections;
            std::string after;
            while (true) {
                const auto data = data_of(co_await get(*service, target + after, "service:user-service"));
                auto& items = sections[std::string(data.at("section").as_string())];
                for (const auto& item : data.at("items").as_array()) items.push_back(item);
                if (data.at("next").is_null()) break;
                after = "?after=" + std::string(data.at("next").as_string());
            }

            EXPECT_EQ(sections.at("uploads").size(), 1U);
            EXPECT_EQ(sections.at("processings").size(), 1U);
            EXPECT_EQ(sections.at("usage").size(), 1U);
            EXPECT_EQ(sections.at("files").size(), 2U);
            const auto& original = sections.at("files").at(0);
            EXPECT_EQ(original.at("path"), json::Value("files/" + first + "/original.png"));
            const auto file = target + "/files/" + std::string(original.at("sha256").as_string());
            const auto given = co_await get(*service, file, "service:user-service");
            EXPECT_TRUE(given.body == picture);
            const auto of_bob =
                co_await get(*service, "/internal/users/bob/export/files/" + std::string(original.at("sha256").as_string()),
                             "service:user-service");
            EXPECT_EQ(of_bob.status, 404);
            const auto person = co_await get(*service, file, alice);
            EXPECT_EQ(person.status, 403);
            const auto events = all.event_types();
            EXPECT_EQ(std::ranges::count(events, "image.downloaded"), 0);
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
