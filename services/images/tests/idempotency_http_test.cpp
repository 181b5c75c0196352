// Idempotency-Key: sent again, answered as before, made once.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"

namespace darkroom::images::testing {
namespace {

TEST(IdempotencyKey, AnUploadSentAgainIsStoredOnce) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto first = co_await upload_once(*service, "key-1", a_small_file(), "a.png");
            const auto again = co_await upload_once(*service, "key-1", a_small_file(), "a.png");
            const auto other_key = co_await upload_once(*service, "key-2", a_small_file(), "a.png");
            const auto other_caller = co_await upload_once(*service, "key-1", a_small_file(), "a.png", bob);

            EXPECT_EQ(data_of(again), data_of(first));
            EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
            EXPECT_FALSE(first.headers.has("Idempotency-Replayed"));
            EXPECT_NE(data_of(other_key).at("id"), data_of(first).at("id"));
            EXPECT_NE(data_of(other_caller).at("id"), data_of(first).at("id"));
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.uploads WHERE user_id = 'alice'"), "2");
            EXPECT_EQ(all.files_in("incoming"), 0U);
            co_await service->stop();
        },
        servers);
}

TEST(IdempotencyKey, IsRefusedForAnotherRequestAndWhenIllFormed) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto first = co_await upload_once(*service, "key", a_small_file(), "a.png");
            const auto id = std::string(json::view(data_of(first).at("id").as_string()));
            const auto other_file = co_await upload_once(*service, "key", encode(a_photo(20, 20), ".png"), "a.png");
            const auto other_name = co_await upload_once(*service, "key", a_small_file(), "b.png");
            const auto other_endpoint = co_await process(*service, id, grayscale, alice, "key");
            const auto ill_formed = co_await process(*service, id, grayscale, alice, "a key");

            for (const auto* response : {&other_file, &other_name, &other_endpoint}) {
                EXPECT_EQ(response->status, 422);
                EXPECT_EQ(code_of(*response), "idempotency_key_reused");
            }
            EXPECT_EQ(ill_formed.status, 422);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.uploads"), "1");
            co_await service->stop();
        },
        servers);
}

TEST(IdempotencyKey, AProcessingAskedForAgainIsQueuedOnce) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto id = co_await upload(*service, a_small_file());
            const auto first = co_await process(*service, id, grayscale, alice, "key");
            // The same request, spelled differently.
            const auto again =
                co_await process(*service, id, R"({"parameters": {}, "transformation_type": "grayscale"})", alice, "key");
            const auto different = co_await process(*service, id, R"({"transformation_type":"invert"})", alice, "key");

            EXPECT_EQ(data_of(again), data_of(first));
            EXPECT_EQ(different.status, 422);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.jobs"), "1");
            co_await service->stop();
        },
        servers);
}

TEST(IdempotencyKey, IsForgottenAfterADayAndWithARefusal) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto refused = co_await upload_once(*service, "key", "no image", "a.png");
            const auto first = co_await upload_once(*service, "key", a_small_file(), "a.png");
            all.database.query("UPDATE images.idempotency_keys SET created_at = now() - interval '25 h' RETURNING key");
            const auto next_day = co_await upload_once(*service, "key", encode(a_photo(20, 20), ".png"), "b.png");

            EXPECT_EQ(refused.status, 415);
            EXPECT_EQ(first.status, 200);
            EXPECT_EQ(next_day.status, 200) << next_day.body;
            co_await service->stop();
        },
        servers);
}

TEST(IdempotencyKey, HoldsForRequestsAtTheSameTime) {
    Servers servers;
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            std::vector<json::Value> answers;
            TaskGroup uploads(runtime.executor());
            const auto one = [](TestService& on, std::vector<json::Value>& out) -> awaitable<> {
                const auto response = co_await upload_once(on, "key", a_small_file(), "a.png");
                out.push_back(data_of(response));
            };
            for (int i = 0; i < 6; ++i) uploads.spawn("upload", one(*service, answers));
            const bool ended = co_await darkroom::testing::eventually([&] { return answers.size() == 6; }, 30s);

            EXPECT_TRUE(ended);
            for (const auto& answer : answers) EXPECT_EQ(answer, answers.front());
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.uploads"), "1");
            co_await uploads.stop(1s);
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
