#include "tests/harness/story.hpp"

#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

namespace darkroom::system_test {

namespace {

namespace pictures = images::testing;

constexpr int jobs = 10;

const std::string& large_photo() {
    static const auto file = pictures::encode(pictures::a_photo(1800, 1200), ".jpg[Q=85]");
    return file;
}

}  // namespace

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

namespace {

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

}  // namespace

Story play_story(const System& system) {
    // What was computed once is not computed again: each telling wants other results, or its jobs would be over at once.
    static std::atomic<int> told{0};
    const int telling = told++;
    Story story{Person::join(system, "chaos"), {}};
    auto& [person, ordered] = story;
    const auto upload_id = person.upload(large_photo(), "chaos.jpg");
    for (int i = 0; i < jobs; ++i) {
        const auto id = i % 2 == 0 ? person.process(upload_id, "resize", {{"width", 700 + telling * jobs + i}})
                                   : person.process(upload_id, "gaussian_blur", {{"sigma", 3 + i + telling * 0.01}});
        ordered.insert(id);
    }
    const auto second_upload = person.upload(pictures::encode(pictures::a_photo(300, 200), ".png"), "second.png");
    ordered.insert(person.process(second_upload, "grayscale"));
    for (const auto& id : ordered) person.wait_completed(id);
    return story;
}

namespace {

/// What is known of one person's jobs in the log and in the notifications.
struct Record {
    std::vector<json::Value> log;
    std::vector<json::Value> told;
    std::map<std::string, int> completed;
    std::map<std::string, int> notified;
    std::map<std::string, int> sent;
};

Record record_of(const System& system, Person& person) {
    Record record{.log = whole_log(system), .told = person.all_notifications("image_processing_completed")};
    record.completed = told_by(record.log, person, "image.processing.completed");
    for (const auto& one : record.told) ++record.notified[text_at(one, "data.processing_id")];
    for (const auto& event : record.log) {
        const bool own = text_at(event, "type") == "notification.sent" && text_at(event, "user_id") == person.id() &&
                         text_at(event, "data.channel") == "in_app";
        if (own) ++record.sent[text_at(event, "data.notification_id")];
    }
    return record;
}

std::set<std::string> names_in(const std::map<std::string, int>& counts) {
    std::set<std::string> names;
    for (const auto& [name, count] : counts) names.insert(name);
    return names;
}

/// Every job that was ordered is completed, told of and sent. There may be one more than we know: an order whose answer got
/// lost is given again, and both are jobs.
bool is_whole(const Record& record, const Story& story) {
    const auto completed = names_in(record.completed);
    const auto is_sent = [](const json::Value& one) { return text_at(one, "status") == "sent"; };
    return std::ranges::includes(completed, story.ordered) && completed == names_in(record.notified) &&
           std::ranges::all_of(record.told, is_sent) && record.sent.size() == record.told.size() + 1;
}

}  // namespace

void expect_everything_once(const System& system, Story& story) {
    Record record;
    const auto whole = [&] {
        record = record_of(system, story.person);
        return is_whole(record, story);
    };
    EXPECT_TRUE(eventually(whole)) << story.ordered.size() << " ordered, " << record.completed.size() << " completed, "
                                   << record.told.size() << " told, " << record.sent.size() << " sent";
    expect_gap_free(record.log);
    for (const auto& [id, times] : record.completed) EXPECT_EQ(times, 1) << "completed more than once: " << id;
    for (const auto& [id, times] : record.notified) EXPECT_EQ(times, 1) << "told of more than once: " << id;
    for (const auto& [id, times] : record.sent) EXPECT_EQ(times, 1) << "sent more than once: " << id;
    EXPECT_TRUE(told_by(record.log, story.person, "image.processing.failed").empty());
    EXPECT_EQ(story.person.all_notifications("welcome").size(), 1U);
}

}  // namespace darkroom::system_test
