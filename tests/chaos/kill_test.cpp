// Every part killed in the middle of the story: nothing is lost, nothing happens twice.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

constexpr int jobs = 6;

const std::string& large_photo() {
    static const auto file = pictures::encode(pictures::a_photo(3000, 2000), ".jpg[Q=85]");
    return file;
}

/// The whole log, by position.
std::vector<json::Value> whole_log(const System& system) {
    HttpClient admin(system.port(Part::gateway), token_with_role(system, "admin"));
    std::vector<json::Value> events;
    for (std::int64_t after = 0;;) {
        const auto answer = persist([&] { return admin.get("/events?limit=1000&after=" + std::to_string(after)); });
        const auto* page = dig(answer.document(), "data.events").if_array();
        if (page == nullptr || page->empty()) return events;
        events.insert(events.end(), page->begin(), page->end());
        after = number_at(page->back(), "position");
    }
}

void expect_gap_free(const std::vector<json::Value>& log) {
    std::set<std::string> ids;
    std::int64_t expected = 1;
    for (const auto& event : log) {
        EXPECT_EQ(number_at(event, "position"), expected++);
        EXPECT_TRUE(ids.insert(text_at(event, "id")).second) << "stored twice: " << json::serialize(event);
    }
}

/// How often each job of this person is told of by events of that type.
std::map<std::string, int> told_by(const std::vector<json::Value>& log, const Person& person, std::string_view type) {
    std::map<std::string, int> counts;
    for (const auto& event : log) {
        if (text_at(event, "type") == type && text_at(event, "user_id") == person.id()) {
            ++counts[text_at(event, "data.processing_id")];
        }
    }
    return counts;
}

class Kill : public ::testing::TestWithParam<Part> {};

TEST_P(Kill, InMidStoryLosesNothingAndRepeatsNothing) {
    auto& system = System::instance();
    const auto victim = GetParam();
    auto person = Person::join(system, "chaos");
    const auto upload_id = person.upload(large_photo(), "chaos.jpg");
    std::set<std::string> ordered;

    // Half of the jobs are on their way when it happens, half are ordered of a system that is not whole.
    for (int i = 0; i < jobs / 2; ++i) ordered.insert(person.process(upload_id, "resize", {{"width", 700 + i}}));
    system.kill(victim);
    system.start(victim);
    for (int i = jobs / 2; i < jobs; ++i) ordered.insert(person.process(upload_id, "resize", {{"width", 700 + i}}));
    const auto second_upload = person.upload(pictures::encode(pictures::a_photo(300, 200), ".png"), "after.png");
    ordered.insert(person.process(second_upload, "grayscale"));

    for (const auto& id : ordered) ASSERT_NO_THROW(person.wait_completed(id)) << name_of(victim);
    for (const auto& id : ordered) EXPECT_FALSE(person.result(id).empty());
    const auto all_told = [&] { return person.all_notifications("image_processing_completed").size() >= ordered.size(); };
    ASSERT_TRUE(eventually(all_told)) << name_of(victim);

    std::set<std::string> told;
    for (const auto& one : person.all_notifications("image_processing_completed")) {
        EXPECT_TRUE(told.insert(text_at(one, "data.processing_id")).second) << "told twice";
        EXPECT_EQ(text_at(one, "status"), "sent");
    }
    EXPECT_EQ(told, ordered);
    EXPECT_EQ(person.all_notifications("welcome").size(), 1U);
    system.wait_all_ready();
    const auto log = whole_log(system);
    expect_gap_free(log);
    const auto completed = told_by(log, person, "image.processing.completed");
    EXPECT_EQ(completed.size(), ordered.size());
    for (const auto& [id, times] : completed) EXPECT_EQ(times, 1) << "finished more than once: " << id;
    EXPECT_TRUE(told_by(log, person, "image.processing.failed").empty());
    const auto sent = [&] {
        std::set<std::string> ids;
        for (const auto& event : whole_log(system)) {
            const bool own = text_at(event, "type") == "notification.sent" && text_at(event, "user_id") == person.id();
            if (own) EXPECT_TRUE(ids.insert(text_at(event, "data.notification_id")).second) << "sent twice";
        }
        return ids.size() == ordered.size() + 1;
    };
    EXPECT_TRUE(eventually(sent));
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
    const auto collect = [&](const json::Value& frame) {
        if (number_at(frame, "position") > 0 && text_at(frame, "type") != "subscribed")
            positions.push_back(number_at(frame, "position"));
        return text_at(frame, "type") == "image.processing.completed";
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
