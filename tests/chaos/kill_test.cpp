// Every part killed in the middle of the story: nothing is lost, nothing happens twice.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/story.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <optional>
#include <random>
#include <set>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

/// DARKROOM_CHAOS_ROUNDS: how often each part is killed, each time at another moment (2). DARKROOM_CHAOS_SEED: which moments.
int setting(const char* name, int fallback) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::atoi(text) : fallback;
}

class Kill : public ::testing::TestWithParam<Part> {};

TEST_P(Kill, InMidStoryLosesNothingAndRepeatsNothing) {
    auto& system = System::instance();
    const auto victim = GetParam();
    std::mt19937 moments(static_cast<unsigned>(setting("DARKROOM_CHAOS_SEED", 1)) * 100 + static_cast<unsigned>(victim));

    for (int round = 0; round < setting("DARKROOM_CHAOS_ROUNDS", 2); ++round) {
        const std::chrono::milliseconds moment(std::uniform_int_distribution<int>(20, 600)(moments));
        SCOPED_TRACE(std::string(name_of(victim)) + " killed after " + std::to_string(moment.count()) + " ms");
        // The story has the other thread: processes die with the thread that started them.
        auto playing = std::async(std::launch::async, [&system] { return play_story(system); });
        playing.wait_for(moment);
        system.kill(victim);
        system.start(victim);
        std::optional<Story> story;
        ASSERT_NO_THROW(story.emplace(playing.get()));

        for (const auto& id : story->ordered) EXPECT_FALSE(story->person.result(id).empty());
        system.wait_all_ready();
        expect_everything_once(system, *story);
    }
}

INSTANTIATE_TEST_SUITE_P(EachPart, Kill,
                         ::testing::Values(Part::auth, Part::users, Part::gateway, Part::notifications, Part::events,
                                           Part::images, Part::redis, Part::postgres),
                         [](const auto& info) {
                             auto name = std::string(name_of(info.param));
                             std::erase(name, '-');
                             return name;
                         });

TEST(Sockets, ResumeAfterTheBusWasKilledWithoutGapOrRepeat) {
    auto& system = System::instance();
    auto person = Person::join(system, "resume");
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(300, 200), ".png"), "resume.png");
    std::vector<std::int64_t> positions;
    // What comes before "subscribed" belongs to no subscription.
    bool subscribed = false;
    const auto collect = [&](const json::Value& frame) {
        if (subscribed && number_at(frame, "position") > 0) positions.push_back(number_at(frame, "position"));
        const bool last = subscribed && text_at(frame, "type") == "image.processing.completed";
        subscribed = subscribed || text_at(frame, "type") == "subscribed";
        return last;
    };
    auto before = person.events();
    before.send({{"type", "subscribe"}, {"event_types", json::Array{"*"}}, {"after", 0}});
    person.wait_completed(person.process(upload_id, "resize", {{"width", 100}}));
    ASSERT_TRUE(before.find(collect));

    system.kill(Part::events);
    system.start(Part::events);
    person.wait_completed(person.process(upload_id, "resize", {{"width", 101}}));
    EXPECT_FALSE(before.find([](const json::Value&) { return false; }, std::chrono::seconds(2)));
    EXPECT_FALSE(before.open()) << "a socket whose bus has died must not look alive";
    system.wait_ready(Part::events);
    subscribed = false;
    auto after = person.events();
    after.send({{"type", "subscribe"}, {"event_types", json::Array{"*"}}, {"after", positions.back()}});
    ASSERT_TRUE(after.find(collect));

    EXPECT_TRUE(std::ranges::is_sorted(positions));
    EXPECT_EQ(std::set(positions.begin(), positions.end()).size(), positions.size());
    std::vector<std::int64_t> own;
    for (const auto& event : whole_log(system)) {
        if (text_at(event, "user_id") == person.id() && number_at(event, "position") <= positions.back()) {
            own.push_back(number_at(event, "position"));
        }
    }
    EXPECT_EQ(positions, own);
}

}  // namespace
}  // namespace darkroom::system_test
