// GET /users/me/export: everything, or nothing that looks like it.
#include "services/users/tests/unzip.hpp"
#include "services/users/tests/users_under_test.hpp"

namespace darkroom::users {
namespace {

constexpr const char* ada = "user:ada-1:user";

json::Object a_page(const char* section, json::Array items) {
    return {{"section", section}, {"items", std::move(items)}};
}

json::Object a_file(const std::string& path, const std::string& digest, std::size_t size) {
    return {{"path", path}, {"sha256", digest}, {"size", size}};
}

TEST(Export, HoldsWhatEveryServiceKnowsWithThePictures) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            auto& state = neighbours.state();
            const std::string picture(300'000, '\x7f');
            state.files = {{"d1", picture}};
            const json::Object item{{"n", 1}};
            state.export_pages = {a_page("sessions", {item, item}), a_page("sessions", {item}), a_page("uploads", {}),
                                  a_page("files", {a_file("files/u-1/original.jpeg", "d1", picture.size()),
                                                   a_file("files/u-2/original.jpeg", "deleted", 5)})};
            co_await service.put("/users/me", {{"preferences", json::Object{{"theme", "dark"}}}}, ada);

            const auto response = co_await service.get("/users/me/export", ada);

            EXPECT_EQ(response.status, 200) << response.body;
            EXPECT_EQ(response.headers.get("Content-Type"), "application/zip");
            EXPECT_TRUE(response.headers.get("Content-Disposition").starts_with("attachment; filename=\"darkroom-ada-"));
            const auto files = unzip(response.body);
            EXPECT_EQ(files.size(), 1U + 4 * 3 + 1);
            const auto profile = json::parse(files.at("profile.json")).value();
            EXPECT_EQ(text_at(profile, "/preferences/theme"), "dark");
            for (const auto* folder : {"account", "images", "notifications", "events"}) {
                const auto sessions = json::parse(files.at(std::string(folder) + "/sessions.json")).value();
                EXPECT_EQ(sessions.as_array().size(), 3U) << folder;
                EXPECT_EQ(json::parse(files.at(std::string(folder) + "/uploads.json")).value().as_array().size(), 0U);
            }
            EXPECT_TRUE(files.at("images/files/u-1/original.jpeg") == picture);
            const auto manifest = json::parse(files.at("manifest.json")).value();
            EXPECT_EQ(manifest.at("contents").at("account/sessions.json").as_int64(), 3);
            EXPECT_EQ(manifest.at("contents").at("images/files").as_int64(), 1);
            EXPECT_EQ(text_at(manifest, "/deleted_meanwhile/1"), "images/files/u-2/original.jpeg");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Export, IsRefusedBeforeItBeginsWhenAServiceIsAway) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().export_ends = 0;

            const auto response = co_await service.get("/users/me/export", ada);

            EXPECT_EQ(response.status, 503);
            EXPECT_EQ(text_at(body_of(response), "/code"), "export_unavailable");
            EXPECT_TRUE(response.headers.has("Retry-After"));
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Export, IsCutOffWhenItCannotBeFinished) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().export_pages = {a_page("sessions", {json::Object{{"n", 1}}}), a_page("sessions", {})};
            neighbours.state().export_ends = 1;

            std::string code;
            try {
                co_await service.get("/users/me/export", ada);
            } catch (const Failure& failure) {  // what the test asks for
                code = failure.error().code;
            }

            EXPECT_EQ(code, "upstream_failed");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Export, NeverNamesAPathOutsideOfTheArchive) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().files = {{"d1", "x"}};
            neighbours.state().export_pages = {a_page("files", {a_file("../../etc/passwd", "d1", 1)})};

            bool cut_off = false;
            try {
                co_await service.get("/users/me/export", ada);
            } catch (const Failure&) {  // what the test asks for
                cut_off = true;
            }

            EXPECT_TRUE(cut_off);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Export, IsForPeopleAndOfOneself) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.state().export_pages = {a_page("sessions", {})};

            const auto nobody = co_await service.get("/users/me/export", "");
            const auto machine = co_await service.get("/users/me/export", "service:image-service");
            const auto guest = co_await service.get("/users/me/export", "user:gus-1:guest");

            EXPECT_EQ(nobody.status, 401);
            EXPECT_EQ(machine.status, 403);
            EXPECT_EQ(guest.status, 200);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
