// Own profiles over HTTP on a real database.
#include "services/users/tests/users_under_test.hpp"

#include "events/user_updated.hpp"

namespace darkroom::users {
namespace {

constexpr const char* ada = "user:ada-1:user";

TEST(OwnProfile, ComesFromEventsThatArriveWithTheRequest) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");

            const auto response = co_await service.get("/users/me", ada);

            const auto profile = testing::data_of(response);
            EXPECT_EQ(text_at(profile, "/email"), "ada@example.com");
            EXPECT_EQ(text_at(profile, "/full_name"), "Full ada");
            EXPECT_EQ(json::serialize(profile.at("preferences")), "{}");
            EXPECT_TRUE(response.headers.has("ETag"));
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(OwnProfile, IsMadeFromTheTokenUntilItsEventArrives) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);

            const auto early = co_await service.get("/users/me", ada);
            neighbours.add_account("ada-1", "ada");
            const auto arrived = [&db] { return db.query("SELECT full_name FROM users.users") == "Full ada"; };
            const bool projected = co_await testing::eventually(arrived);

            EXPECT_EQ(text_at(testing::data_of(early), "/username"), "ada-1");
            EXPECT_EQ(text_at(testing::data_of(early), "/role"), "user");
            EXPECT_TRUE(projected);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(OwnProfile, NeedsAPersonsToken) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);

            const auto nobody = co_await service.get("/users/me", "");
            const auto stranger = co_await service.get("/users/me", "x.y.z");
            const auto machine = co_await service.get("/users/me", "service:image-service");

            EXPECT_EQ(nobody.status, 401);
            EXPECT_EQ(stranger.status, 401);
            EXPECT_EQ(machine.status, 403);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, GoesToAuthAsOneCommandAndIsSeenAtOnce) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const json::Object change{{"email", "new@example.com"}, {"full_name", "Ada L."}, {"username", "ada"}};

            const auto response = co_await service.put("/users/me", change, ada);

            const auto profile = testing::data_of(response);
            EXPECT_EQ(text_at(profile, "/email"), "new@example.com");
            EXPECT_EQ(text_at(profile, "/full_name"), "Ada L.");
            testing::require(neighbours.state().commands.size() == 1, "one command");
            EXPECT_EQ(json::serialize(neighbours.state().commands[0]),
                      R"({"email":"new@example.com","username":"ada","full_name":"Ada L."})");
            const auto read = co_await service.get("/users/me", ada);
            EXPECT_EQ(text_at(testing::data_of(read), "/email"), "new@example.com");
            EXPECT_EQ(read.headers.get("ETag"), response.headers.get("ETag"));
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, SaysThatAnAddressWaitsAndLetsAnAdminAnswerForIt) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().confirms_email = true;

            const auto own = co_await service.put("/users/me", {{"email", "new@example.com"}}, ada);
            const auto by_admin = co_await service.put("/users/ada-1", {{"email", "other@example.com"}}, "user:root-1:admin");

            EXPECT_EQ(text_at(testing::data_of(own), "/email"), "ada@example.com");
            EXPECT_NE(text_at(body_of(own), "/message").find("confirm the new address"), std::string::npos);
            EXPECT_EQ(text_at(testing::data_of(by_admin), "/email"), "other@example.com");
            EXPECT_EQ(text_at(body_of(by_admin), "/message"), "Profile changed");
            EXPECT_EQ(json::serialize(neighbours.state().commands[1]),
                      R"({"email":"other@example.com","email_confirmed":true})");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, PassesOnThatAddressesChangeTooOften) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().refusal = Error{Kind::rate_limited, "email_changes_exhausted", "email: too often", {}, 3600s};

            const auto response = co_await service.put("/users/me", {{"email", "new@example.com"}}, ada);

            EXPECT_EQ(response.status, 429);
            EXPECT_EQ(text_at(body_of(response), "/code"), "email_changes_exhausted");
            EXPECT_EQ(response.headers.get("Retry-After"), "3600");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, IsNotForGuests) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);

            const auto read = co_await service.get("/users/me", "user:gus-1:guest");
            const auto own = co_await service.put("/users/me", {{"full_name", "Gus"}}, "user:gus-1:guest");
            const auto by_id = co_await service.put("/users/gus-1", {{"full_name", "Gus"}}, "user:gus-1:guest");

            EXPECT_EQ(read.status, 200);
            EXPECT_EQ(own.status, 403);
            EXPECT_EQ(by_id.status, 403);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, AsksNobodyWhenNothingIsDifferent) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");

            const auto response = co_await service.put("/users/me", {{"username", "ada"}}, ada);

            EXPECT_EQ(response.status, 200);
            EXPECT_TRUE(neighbours.state().commands.empty());
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, NamesEveryBadFieldAndRefusesRoleAndStatus) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            const json::Object change{{"email", "x"},          {"username", "a"}, {"avatar_url", "javascript:alert(1)"},
                                      {"preferences", "dark"}, {"role", "admin"}, {"status", "active"}};

            const auto response = co_await service.put("/users/me", change, ada);

            EXPECT_EQ(response.status, 422);
            const auto problem = body_of(response);
            std::string fields;
            for (const auto& error : problem.at("errors").as_array()) fields += text_at(error, "/field") + ' ';
            EXPECT_EQ(fields, "username avatar_url email preferences role status ");
            EXPECT_TRUE(neighbours.state().commands.empty());
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, PassesAuthsRefusalOnInItsWords) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            neighbours.state().refusal =
                Error{Kind::conflict, "email_taken", "email: is already taken", {{"email", "is already taken"}}};

            const auto response = co_await service.put("/users/me", {{"email", "eve@example.com"}}, ada);

            EXPECT_EQ(response.status, 409);
            EXPECT_EQ(text_at(body_of(response), "/code"), "email_taken");
            EXPECT_EQ(text_at(body_of(response), "/errors/0/field"), "email");
            EXPECT_EQ(db.query("SELECT email FROM users.users"), "ada@example.com");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, IsRefusedWithoutHarmWhileAuthIsAway) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            co_await service.get("/users/me", ada);
            neighbours.state().refusal = Error{Kind::unavailable, "database_unavailable", "the database is away"};

            const auto response =
                co_await service.put("/users/me", {{"full_name", "Ada"}, {"preferences", json::Object{{"a", 1}}}}, ada);

            EXPECT_EQ(response.status, 503);
            EXPECT_TRUE(response.headers.has("Retry-After"));
            EXPECT_EQ(db.query("SELECT full_name || preferences::text FROM users.users"), "Full ada{}");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(ProfileUpdate, HonoursIfMatch) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const auto read = co_await service.get("/users/me", ada);
            const http::Headers if_match{{"If-Match", std::string(read.headers.get("ETag"))}};

            const auto fresh = co_await service.put("/users/me", {{"full_name", "Ada"}}, ada, if_match);
            const auto stale = co_await service.put("/users/me", {{"full_name", "Ada L."}}, ada, if_match);

            EXPECT_EQ(fresh.status, 200) << fresh.body;
            EXPECT_EQ(neighbours.state().commands.at(0).at("expected_version"), json::Value(1));
            EXPECT_EQ(stale.status, 412);
            const http::Headers if_none_match{{"If-None-Match", std::string(fresh.headers.get("ETag"))}};
            const auto unchanged = co_await service.get("/users/me", ada, if_none_match);
            EXPECT_EQ(unchanged.status, 304);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Preferences, AreReplacedByPutAndMergedByPatch) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const json::Object first{{"preferences", json::Object{{"theme", "dark"}, {"size", 3}}}};
            const json::Object patch{{"preferences", json::Object{{"size", nullptr}, {"lang", "en"}}}};
            const json::Object second{{"preferences", json::Object{{"lang", "de"}}}};

            co_await service.put("/users/me", first, ada);
            const auto patched = co_await service.patch("/users/me", patch, ada);
            const auto replaced = co_await service.put("/users/me", second, ada);

            EXPECT_EQ(text_at(testing::data_of(patched), "/preferences/theme"), "dark");
            EXPECT_EQ(text_at(testing::data_of(patched), "/preferences/lang"), "en");
            EXPECT_FALSE(testing::data_of(patched).at("preferences").as_object().contains("size"));
            EXPECT_EQ(json::serialize(testing::data_of(replaced).at("preferences")), R"({"lang":"de"})");
            EXPECT_TRUE(neighbours.state().commands.empty());
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Preferences, AreBoundedAlsoAfterAMerge) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.add_account("ada-1", "ada");
            const json::Object first{{"preferences", json::Object{{"a", std::string(10'000, 'a')}}}};
            const json::Object second{{"preferences", json::Object{{"b", std::string(10'000, 'b')}}}};

            const auto fits = co_await service.patch("/users/me", first, ada);
            const auto refused = co_await service.patch("/users/me", second, ada);

            EXPECT_EQ(fits.status, 200);
            EXPECT_EQ(refused.status, 422);
            EXPECT_EQ(text_at(body_of(refused), "/errors/0/field"), "preferences");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
