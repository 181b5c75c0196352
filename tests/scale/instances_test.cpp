// Two and three instances of every service behind the gateway: work is shared, and any one of them may die.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/story.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <optional>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

System& three_of_everything() {
    static System system({.instances = 3});
    static const bool ready = [] {
        system.wait_all_ready();
        return true;
    }();
    static_cast<void>(ready);
    return system;
}

/// Whatever a test finds, the next one has three again.
class Dead {
public:
    Dead(System& system, Part part, std::size_t instance) : system_(system), part_(part), instance_(instance) {
        system_.kill(part_, instance_);
    }
    ~Dead() { system_.start(part_, instance_); }
    Dead(const Dead&) = delete;
    Dead& operator=(const Dead&) = delete;

private:
    System& system_;
    Part part_;
    std::size_t instance_;
};

/// How often an instance of the user service has answered GET /users/me.
double profile_reads(System& system, std::size_t instance) {
    HttpClient client(system.port(Part::users, instance));
    const auto text = client.get("/metrics").body;
    const auto at = text.find("darkroom_http_request_duration_seconds_count{method=\"GET\",route=\"/users/me\"");
    return at == std::string::npos ? 0.0 : std::stod(text.substr(text.find(' ', at)));
}

class AmongThree : public ::testing::TestWithParam<Part> {};

TEST_P(AmongThree, OneMayDieInMidStoryAndStayAway) {
    auto& system = three_of_everything();
    const auto victim = GetParam();
    // Clients of these tests know one gateway; its death is tests/chaos' subject, so here another one dies.
    const std::size_t instance = victim == Part::gateway ? 1 : 0;
    system.wait_all_ready();

    auto playing = std::async(std::launch::async, [&system] { return play_story(system); });
    playing.wait_for(std::chrono::milliseconds(150));
    const Dead dead(system, victim, instance);
    std::optional<Story> story;
    ASSERT_NO_THROW(story.emplace(playing.get()));
    for (const auto& id : story->ordered) EXPECT_FALSE(story->person.result(id).empty());
    expect_everything_once(system, *story);
}

INSTANTIATE_TEST_SUITE_P(EachService, AmongThree,
                         ::testing::Values(Part::auth, Part::users, Part::events, Part::images, Part::notifications,
                                           Part::gateway),
                         [](const auto& info) {
                             auto name = std::string(name_of(info.param));
                             std::erase(name, '-');
                             return name;
                         });

TEST(ThreeInstances, GetTheirShareOfTheRequests) {
    auto& system = three_of_everything();
    auto person = Person::join(system, "share");
    const std::array before{profile_reads(system, 0), profile_reads(system, 1), profile_reads(system, 2)};

    for (int i = 0; i < 30; ++i) EXPECT_EQ(person.http().get("/users/me").status, 200);

    for (std::size_t instance = 0; instance < 3; ++instance) {
        EXPECT_GE(profile_reads(system, instance) - before.at(instance), 5) << "instance " << instance;
    }
}

TEST(AnnouncedInstances, ShareTheRequestsAndMayComeAndGo) {
    System system({.instances = 2, .announced = true});
    system.wait_all_ready();
    auto person = Person::join(system, "announced");
    const auto answers = [&] { return person.http().get("/users/me").status == 200; };

    // The gateway was told of the first only.
    EXPECT_TRUE(eventually([&] { return answers() && profile_reads(system, 1) >= 5; }, std::chrono::seconds(10)));
    system.kill(Part::users, 0);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(answers()) << i;
    system.start(Part::users, 0);
    system.wait_ready(Part::users);
    EXPECT_TRUE(eventually([&] { return answers() && profile_reads(system, 0) >= 5; }, std::chrono::seconds(10)));
    system.kill(Part::users, 1);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(answers()) << i;
}

TEST(ThreeInstances, EndASessionEverywhereWithinASecond) {
    auto& system = three_of_everything();
    auto person = Person::join(system, "logout");
    const auto token = person.http().token();
    const auto is_refused = [&](std::size_t instance) {
        HttpClient users(system.port(Part::users, instance), token);
        HttpClient images(system.port(Part::images, instance), token);
        return users.get("/users/me").status == 401 && images.get("/images").status == 401;
    };

    ASSERT_EQ(person.http().post("/auth/logout", {}).status, 200);

    for (std::size_t instance = 0; instance < 3; ++instance) {
        EXPECT_TRUE(eventually([&] { return is_refused(instance); }, std::chrono::seconds(1))) << "instance " << instance;
    }
}

TEST(ThreeInstances, TellEverySocketOfAUserOnWhicheverInstanceItIs) {
    auto& system = three_of_everything();
    auto person = Person::join(system, "sockets");
    std::vector<WebSocketClient> notifications;
    std::vector<WebSocketClient> events;
    for (std::size_t instance = 0; instance < 3; ++instance) {
        notifications.emplace_back(system.port(Part::notifications, instance),
                                   "/ws/notifications?token=" + person.http().token());
        events.emplace_back(system.port(Part::events, instance), "/ws/events", person.http().token());
        ASSERT_EQ(notifications.back().status(), 101);
        ASSERT_EQ(events.back().status(), 101);
        ASSERT_TRUE(events.back().next());
    }
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(320, 200), ".png"), "sockets.png");
    const auto processing_id = person.process(upload_id, "grayscale");

    const auto is_ours = [&](const json::Value& frame) { return text_at(frame, "data.processing_id") == processing_id; };
    for (auto& socket : notifications) EXPECT_TRUE(socket.find(is_ours));
    for (auto& socket : events) {
        EXPECT_TRUE(socket.find([&](const json::Value& frame) {
            return text_at(frame, "type") == "image.processing.completed" && is_ours(frame);
        }));
    }
}

}  // namespace
}  // namespace darkroom::system_test
