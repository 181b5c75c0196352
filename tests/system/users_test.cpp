// What an admin does to people, and what people do with their account, through all real services.
#include "services/images/tests/pictures.hpp"
#include "services/users/tests/unzip.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace darkroom::system_test {
namespace {

using namespace std::chrono_literals;
namespace pictures = images::testing;

HttpClient an_admin() {
    const auto& system = System::instance();
    return HttpClient(system.port(Part::gateway), token_with_role(system, "admin"));
}

/// "Role and status changes reach running sessions within a second": at the gateway and at every service.
void expect_token_dies(const std::string& token) {
    const auto& system = System::instance();
    for (const auto& [part, path] : {std::pair{Part::gateway, "/users/me"}, std::pair{Part::users, "/users/me"},
                                     std::pair{Part::auth, "/auth/me"}, std::pair{Part::images, "/images"},
                                     std::pair{Part::notifications, "/notifications"}, std::pair{Part::events, "/events"}}) {
        HttpClient client(system.port(part), token);
        EXPECT_TRUE(eventually([&] { return client.get(path).status == 401; }, 1s)) << name_of(part);
    }
}

Answer log_in(const std::string& name, const std::string& password) {
    return HttpClient(System::instance().port(Part::gateway)).post("/auth/login", {{"email", name}, {"password", password}});
}

std::size_t count_files(const std::string& directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory + "/objects"))
        count += entry.is_regular_file();
    return count;
}

TEST(Users, SuspensionEndsWhatRunsWithinASecondAndCanBeLifted) {
    auto person = Person::join(System::instance(), "suspended");
    auto admin = an_admin();
    ASSERT_TRUE(eventually([&] { return admin.get("/users/" + person.id()).status == 200; }));

    const auto suspended = admin.put("/users/" + person.id() + "/status", {{"status", "suspended"}});

    EXPECT_TRUE(is_success(suspended));
    expect_token_dies(person.http().token());
    EXPECT_TRUE(is_problem(log_in(person.email(), person.password()), 403));
    EXPECT_TRUE(is_success(admin.put("/users/" + person.id() + "/status", {{"status", "active"}})));
    EXPECT_TRUE(is_success(log_in(person.email(), person.password())));
}

TEST(Users, AnOldTokenNeverKeepsTheRightsOfAnOldRole) {
    const auto& system = System::instance();
    auto person = Person::join(system, "promoted");
    auto admin = an_admin();
    ASSERT_TRUE(eventually([&] { return admin.get("/users/" + person.id()).status == 200; }));

    // Somebody must stay one.
    EXPECT_TRUE(is_success(admin.post(
        "/users", {{"email", "stays@example.org"}, {"username", "stays"}, {"password", "correct horse"}, {"role", "admin"}})));

    EXPECT_TRUE(is_success(admin.put("/users/" + person.id() + "/role", {{"role", "admin"}})));
    expect_token_dies(person.http().token());
    const auto as_admin = log_in(person.email(), person.password()).text("data.access_token");
    EXPECT_EQ(HttpClient(system.port(Part::gateway), as_admin).get("/users").status, 200);

    EXPECT_TRUE(is_success(admin.put("/users/" + person.id() + "/role", {{"role", "guest"}})));
    expect_token_dies(as_admin);
    const auto as_guest = log_in(person.email(), person.password()).text("data.access_token");
    HttpClient guest(system.port(Part::gateway), as_guest);
    EXPECT_TRUE(is_problem(guest.get("/users"), 403));
    EXPECT_TRUE(is_success(guest.get("/users/me")));
    EXPECT_TRUE(is_problem(guest.put("/users/me", {{"full_name", "x"}}), 403));
}

TEST(Users, AreMadeDeletedAndPurgedEverywhere) {
    const auto& system = System::instance();
    auto admin = an_admin();
    const std::string password = "correct horse battery staple";
    const json::Object request{
        {"email", "purged@example.org"}, {"username", "purged"}, {"password", password}, {"role", "premium"}};
    const auto made = admin.post("/users", request, "make-purged");
    ASSERT_TRUE(is_success(made));
    EXPECT_EQ(admin.post("/users", request, "make-purged").text("data.id"), made.text("data.id"));
    EXPECT_TRUE(is_problem(admin.post("/users", request), 409));
    const auto id = made.text("data.id");
    const auto signed_in = log_in("purged", password);
    ASSERT_TRUE(is_success(signed_in));
    HttpClient person(system.port(Part::gateway), signed_in.text("data.access_token"));
    const auto files_before = count_files(system.data_directory());
    const auto picture = pictures::encode(pictures::a_photo(640, 400), ".jpg[Q=91]");
    ASSERT_TRUE(is_success(person.upload("/images/upload", {.content = picture, .filename = "mine.jpg"})));
    ASSERT_TRUE(eventually([&] { return person.get("/notifications").number("data.pagination.total") > 0; }));
    EXPECT_EQ(count_files(system.data_directory()), files_before + 1);

    const auto deleted = admin.del("/users/" + id);

    EXPECT_TRUE(is_success(deleted));
    expect_token_dies(person.token());
    EXPECT_TRUE(is_problem(admin.get("/users/" + id), 404));
    const auto gone = log_in("purged", password);
    const auto wrong = log_in("nobody-at-all", password);
    EXPECT_EQ(gone.status, wrong.status);
    EXPECT_EQ(gone.text("detail"), wrong.text("detail"));
    EXPECT_TRUE(is_success(admin.del("/users/" + id))) << "deleting again";
    const auto where = " WHERE user_id = '" + id + "'";
    for (const auto* table :
         {"images.uploads", "notifications.notifications", "notifications.recipients", "notifications.mails"}) {
        const auto rows = "SELECT count(*) FROM " + std::string(table) + where;
        EXPECT_TRUE(eventually([&] { return system.query(rows) == "0"; })) << table;
    }
    const auto log = "SELECT string_agg(type, ',') FROM bus.all_events" + where + " AND data LIKE '%purged@%'";
    EXPECT_TRUE(eventually([&] { return system.query(log) == "user.deleted"; })) << system.query(log);
    EXPECT_TRUE(eventually([&] { return system.query("SELECT purged FROM users.users WHERE id = '" + id + "'") == "t"; }));
    EXPECT_TRUE(eventually([&] { return count_files(system.data_directory()) == files_before; }));
    EXPECT_TRUE(is_success(admin.post("/users", request))) << "the names are free again";
}

TEST(Users, TakeEverythingOfTheirsAlong) {
    const auto& system = System::instance();
    auto person = Person::join(system, "leaving");
    const auto picture = pictures::encode(pictures::a_photo(320, 200), ".jpg[Q=92]");
    const auto upload_id = person.upload(picture, "mine.jpg");
    const auto processing_id = person.process(upload_id, "grayscale");
    person.wait_completed(processing_id);
    ASSERT_TRUE(eventually([&] { return person.all_notifications("image_processing_completed").size() == 1; }));
    ASSERT_TRUE(eventually([&] {
        return person.http().get("/events?event_type=image.processing.completed").number("data.pagination.total") == 1;
    }));

    const auto answer = person.http().get("/users/me/export");

    ASSERT_EQ(answer.status, 200) << answer.summary();
    EXPECT_EQ(answer.header("Content-Type"), "application/zip");
    const auto files = users::unzip(answer.body);
    EXPECT_TRUE(files.at("images/files/" + upload_id + "/original.jpeg") == picture);
    EXPECT_TRUE(files.at("images/files/" + upload_id + "/result-" + processing_id + ".jpeg") == person.result(processing_id));
    const std::map<std::string, std::string> expected{
        {"profile.json", person.email()},           {"account/account.json", person.email()},
        {"account/sessions.json", "created_at"},    {"images/uploads.json", "mine.jpg"},
        {"images/processings.json", processing_id}, {"notifications/notifications.json", "image_processing_completed"},
        {"events/events.json", "image.uploaded"},   {"manifest.json", person.id()}};
    for (const auto& [name, part] : expected) {
        ASSERT_TRUE(files.contains(name)) << name;
        EXPECT_TRUE(json::parse(files.at(name)).has_value()) << name;
        EXPECT_NE(files.at(name).find(part), std::string::npos) << name << ": " << files.at(name);
    }
}

}  // namespace
}  // namespace darkroom::system_test
