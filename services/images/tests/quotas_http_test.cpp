// What a user may store, and what becomes of the count.
#include "services/images/tests/images_fixture.hpp"
#include "services/images/tests/pictures.hpp"

namespace darkroom::images::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr const char* patricia = "user:patricia:premium";

awaitable<std::int64_t> used_by(TestService& service, std::string token) {
    const auto stats = co_await get(service, "/images/stats", std::move(token));
    co_return data_of(stats).at("storage").at("used_bytes").as_int64();
}

awaitable<int> try_upload(TestService& service, std::string file, std::string token) {
    const auto request = upload_request(token, {{"file", std::move(file), "photo.png"}});
    const auto response = co_await service.send(request);
    if (!response.ok()) EXPECT_EQ(code_of(response), "quota_exceeded") << response.body;
    co_return response.status;
}

TEST(Quota, RefusesWhatDoesNotFitAndIsGivenBackByDeleting) {
    Servers servers;
    const auto size = a_small_file().size();
    servers.quotas = Quotas::parse("user=" + std::to_string(2 * size + 10)).value();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto first = co_await upload(*service, a_small_file());
            // Equal content is stored once and counted for each time it was uploaded.
            co_await upload(*service, a_small_file(), "copy.png");
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), alice), 403);
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), bob), 200) << "another user has another quota";
            EXPECT_EQ(all.files_in("incoming"), 0U);

            const auto full = co_await get(*service, "/images/stats");
            co_await remove(*service, "/images/" + first);
            const auto freed = co_await used_by(*service, alice);

            const auto size = static_cast<std::int64_t>(a_small_file().size());
            EXPECT_EQ(data_of(full).at("storage").at("used_bytes"), 2 * size);
            EXPECT_EQ(data_of(full).at("storage").at("limit_bytes"), 2 * size + 10);
            EXPECT_EQ(freed, size);
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), alice), 200);
            const auto everybodys = co_await get(*service, "/images/stats", admin);
            EXPECT_EQ(data_of(everybodys).at("storage").at("used_bytes"), 3 * size);
            EXPECT_TRUE(data_of(everybodys).at("storage").at("limit_bytes").is_null());
            co_await service->stop();
        },
        servers);
}

TEST(Quota, ComesFromTheRoleAndDoesNotBindAdmins) {
    Servers servers;
    servers.quotas = Quotas::parse("guest=0,user=10,premium=1MB").value();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), alice), 403);
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), patricia), 200);
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), admin), 200);
            const auto for_alice = upload_request(admin, {{"user_id", "alice"}, {"file", a_small_file(), "a.png"}});
            const auto by_admin = co_await service->send(for_alice);
            EXPECT_EQ(by_admin.status, 200) << by_admin.body;

            // Now alice has more than she may have, and nothing more is made for her.
            EXPECT_EQ(co_await used_by(*service, alice), static_cast<std::int64_t>(a_small_file().size()));
            const auto id = std::string(json::view(data_of(by_admin).at("id").as_string()));
            const auto refused = co_await process(*service, id, grayscale);
            EXPECT_EQ(refused.status, 403);
            EXPECT_EQ(code_of(refused), "quota_exceeded");
            co_await service->stop();
        },
        servers);
}

TEST(Quota, CountsResultsAndFailsTheOneThatDoesNotFit) {
    Servers servers;
    servers.quotas = Quotas::parse("user=" + std::to_string(a_small_file().size() + 10)).value();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            const auto id = co_await upload(*service, a_small_file());

            const auto job = co_await start_processing(*service, id, grayscale);
            const auto failed = co_await wait_for(*service, job, "failed");

            EXPECT_EQ(failed.at("error_code"), "quota_exceeded");
            EXPECT_EQ(co_await used_by(*service, alice), static_cast<std::int64_t>(a_small_file().size()));
            EXPECT_EQ(all.files_in("objects"), 1U);
            EXPECT_EQ(all.files_in("incoming"), 0U);
            co_await service->stop();
        },
        servers);
}

TEST(Quota, IsKeptByUploadsAtTheSameTime) {
    Servers servers;
    servers.quotas = Quotas::parse("user=" + std::to_string(a_small_file().size() * 3 + 10)).value();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            int accepted = 0;
            int ended = 0;
            TaskGroup uploads(runtime.executor());
            const auto one = [](TestService& on, int& good, int& done) -> awaitable<> {
                const auto status = co_await try_upload(on, a_small_file(), alice);
                good += status == 200 ? 1 : 0;
                ++done;
            };
            for (int i = 0; i < 10; ++i) uploads.spawn("upload", one(*service, accepted, ended));
            const bool all_ended = co_await darkroom::testing::eventually([&] { return ended == 10; }, 30s);

            EXPECT_TRUE(all_ended);
            EXPECT_EQ(accepted, 3);
            EXPECT_EQ(all.database.query("SELECT count(*) FROM images.uploads"), "3");
            co_await uploads.stop(1s);
            co_await service->stop();
        },
        servers);
}

std::size_t warnings_in(Servers& all) {
    const auto types = all.event_types();
    return static_cast<std::size_t>(std::ranges::count(types, "quota.warning"));
}

TEST(QuotaWarning, IsSentOncePerCrossing) {
    Servers servers;
    // Nine tenths are crossed by the second upload.
    servers.quotas = Quotas::parse("user=" + std::to_string(a_small_file().size() * 22 / 10)).value();
    darkroom::testing::run(
        [](Runtime& runtime, Servers& all) -> awaitable<> {
            const auto service = all.start(runtime);
            co_await upload(*service, a_small_file());
            EXPECT_THAT(all.event_types(), Not(Contains("quota.warning")));

            const auto second = co_await upload(*service, a_small_file());
            EXPECT_EQ(warnings_in(all), 1U);
            const auto percent =
                all.database.query("SELECT data::json ->> 'percent' FROM images.outbox WHERE type = 'quota.warning'");
            EXPECT_EQ(percent, "90");
            // Refused: nothing crossed anything.
            EXPECT_EQ(co_await try_upload(*service, a_small_file(), alice), 403);
            EXPECT_EQ(warnings_in(all), 1U);

            co_await remove(*service, "/images/" + second);
            co_await upload(*service, a_small_file());
            EXPECT_EQ(warnings_in(all), 2U) << "it fell below nine tenths in between";
            co_await service->stop();
        },
        servers);
}

}  // namespace
}  // namespace darkroom::images::testing
