// Redis or PostgreSQL away for longer than a restart.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

/// Whatever a test does, the next one finds the part there.
class Away {
public:
    Away(System& system, Part part) : system_(system), part_(part) { system_.kill(part_); }
    ~Away() { end(); }
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;

    void end() {
        if (std::exchange(ended_, true)) return;
        system_.start(part_);
    }

private:
    System& system_;
    Part part_;
    bool ended_ = false;
};

TEST(WithoutRedis, TheWholeStoryStillHappens) {
    auto& system = System::instance();
    Away redis(system, Part::redis);

    auto person = Person::join(system, "noredis");
    auto notifications = person.notifications();
    auto events = person.events();
    ASSERT_TRUE(notifications.next());
    ASSERT_TRUE(events.next());
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(800, 600), ".jpg[Q=90]"), "noredis.jpg");
    const auto processing_id = person.process(upload_id, "grayscale");
    person.wait_completed(processing_id);

    EXPECT_FALSE(person.result(processing_id).empty());
    const auto is_ours = [&](const json::Value& frame) { return text_at(frame, "data.processing_id") == processing_id; };
    EXPECT_TRUE(notifications.find(is_ours));
    EXPECT_TRUE(events.find(
        [&](const json::Value& frame) { return text_at(frame, "type") == "image.processing.completed" && is_ours(frame); }));
    EXPECT_EQ(person.all_notifications("welcome").size(), 1U);
    for (const auto service : services) {
        HttpClient client(system.port(service));
        EXPECT_EQ(client.get("/health/ready").status, 200) << name_of(service);
        EXPECT_EQ(client.get("/health").text("status"), "degraded") << name_of(service);
    }
    // Revocation reaches everybody by way of the auth service.
    EXPECT_EQ(person.http().post("/auth/logout", {}).status, 200);
    EXPECT_TRUE(eventually([&] { return person.http().get("/images").status == 401; }, std::chrono::seconds(3)));

    redis.end();
    system.wait_all_ready();
    const auto healthy = [&] {
        return std::ranges::all_of(
            services, [&](Part part) { return HttpClient(system.port(part)).get("/health").text("status") == "healthy"; });
    };
    EXPECT_TRUE(eventually(healthy));
}

TEST(WithoutPostgres, RequestsAre503AndAllIsWellAgainByItself) {
    auto& system = System::instance();
    auto person = Person::join(system, "nopg");
    const auto picture = pictures::encode(pictures::a_photo(64, 64), ".png");
    Away postgres(system, Part::postgres);

    for (const auto* path : {"/users/me", "/images", "/notifications", "/events"}) {
        const auto answer = person.http().get(path);
        EXPECT_TRUE(is_problem(answer, 503)) << path;
        EXPECT_FALSE(answer.header("Retry-After").empty()) << path;
    }
    const auto refused = person.http().upload("/images/upload", {.content = picture, .filename = "no.png"});
    EXPECT_TRUE(is_problem(refused, 503));
    HttpClient anonymous(system.port(Part::gateway));
    EXPECT_TRUE(is_problem(anonymous.post("/auth/login", {{"email", person.email()}, {"password", person.password()}}), 503));
    for (const auto service : services) {
        if (service == Part::gateway) continue;
        HttpClient client(system.port(service));
        EXPECT_EQ(client.get("/health/ready").status, 503) << name_of(service);
        EXPECT_EQ(client.get("/health/live").status, 200) << name_of(service);
        EXPECT_EQ(client.get("/health").text("status"), "unhealthy") << name_of(service);
    }

    postgres.end();
    system.wait_all_ready();
    const auto upload_id = person.upload(picture, "again.png");
    EXPECT_NO_THROW(person.wait_completed(person.process(upload_id, "grayscale")));
    EXPECT_TRUE(eventually([&] { return person.all_notifications("image_processing_completed").size() == 1; }));
}

}  // namespace
}  // namespace darkroom::system_test
