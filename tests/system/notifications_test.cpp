// Notifications, from outside.
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {
namespace {

TEST(Notifications, AreReadFilteredCountedAndDeleted) {
    auto person = Person::join(System::instance(), "reader");
    ASSERT_TRUE(eventually([&] { return person.all_notifications().size() == 1; }));
    const auto id = text_at(person.all_notifications()[0], "id");
    EXPECT_EQ(person.http().get("/notifications?unread_only=true").number("data.pagination.total"), 1);

    const auto read = person.http().put("/notifications/" + id + "/read");
    ASSERT_TRUE(is_success(read));
    EXPECT_EQ(read.text("data.status"), "read");
    EXPECT_FALSE(read.text("data.read_at").empty());
    EXPECT_EQ(person.http().get("/notifications?unread_only=true").number("data.pagination.total"), 0);
    EXPECT_EQ(person.http().get("/notifications?notification_type=nobody_sent_this").number("data.pagination.total"), 0);
    EXPECT_TRUE(is_problem(person.http().get("/notifications?notification_type=%20"), 422));
    const auto stats = person.http().get("/notifications/stats");
    EXPECT_TRUE(is_success(stats));
    EXPECT_EQ(stats.number("data.total"), 1);
    EXPECT_EQ(stats.number("data.unread"), 0);

    EXPECT_TRUE(is_success(person.http().del("/notifications/" + id)));
    EXPECT_TRUE(is_problem(person.http().get("/notifications/" + id), 404));
}

TEST(Notifications, OfOneUserReachEveryOpenSocketOnce) {
    const auto& system = System::instance();
    auto person = Person::join(system, "tabs");
    ASSERT_TRUE(eventually([&] { return person.all_notifications("welcome").size() == 1; }));
    std::vector<WebSocketClient> tabs;
    for (int i = 0; i < 5; ++i) tabs.push_back(person.notifications());
    for (auto& tab : tabs) EXPECT_EQ(text_at(tab.next().value_or(nullptr), "type"), "connection");
    HttpClient service(system.port(Part::notifications), service_token(system, "image-service", "notification-service"));
    const json::Object order{{"user_id", person.id()}, {"type", "broadcast"}, {"title", "hello"}, {"message", "to all tabs"}};

    const auto sent = service.post("/notifications", order, "one-key");
    const auto again = service.post("/notifications", order, "one-key");

    ASSERT_TRUE(is_success(sent));
    EXPECT_EQ(again.text("data.id"), sent.text("data.id"));
    for (auto& tab : tabs) {
        const auto frame = tab.find([](const json::Value& one) { return text_at(one, "type") == "broadcast"; });
        EXPECT_EQ(text_at(frame.value_or(nullptr), "id"), sent.text("data.id"));
        EXPECT_EQ(person.http().get("/notifications/" + sent.text("data.id")).text("data.status"), "sent");
        EXPECT_FALSE(tab.next(std::chrono::milliseconds(50))) << "told twice";
    }
}

TEST(Notifications, EndTheirSocketsWithTheSession) {
    auto person = Person::join(System::instance(), "signedout");
    auto socket = person.notifications();
    ASSERT_TRUE(socket.next());

    EXPECT_TRUE(is_success(person.http().post("/auth/logout", {})));

    EXPECT_FALSE(socket.find([](const json::Value&) { return false; }, std::chrono::seconds(5)));
    EXPECT_FALSE(socket.open());
    EXPECT_EQ(socket.close_code(), 1008);
}

}  // namespace
}  // namespace darkroom::system_test
