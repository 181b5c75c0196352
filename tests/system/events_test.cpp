// The event log and the sockets, from outside.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

class Events : public ::testing::Test {
protected:
    std::string unique_type() const { return "test.event" + std::to_string(::getpid()) + ".n" + std::to_string(count++); }
    HttpClient admin{System::instance().port(Part::gateway), token_with_role(System::instance(), "admin")};

private:
    static inline int count = 0;
};

TEST_F(Events, ArePublishedOnceStoredInOrderAndFound) {
    const auto type = unique_type();
    const auto id = "id-of-" + type;
    const json::Object event{{"type", type}, {"id", id}, {"data", {{"x", 1.5}}}, {"user_id", "user-of-" + type}};

    const auto first = admin.post("/events/publish", event);
    const auto again = admin.post("/events/publish", event);
    const auto batch =
        admin.send({.method = "POST",
                    .target = "/events/publish",
                    .body = json::serialize(json::Value(json::Array{{{"type", type}, {"data", json::Object{}}},
                                                                    {{"type", type + ".more"}, {"data", json::Object{}}}})),
                    .content_type = "application/json"});

    ASSERT_TRUE(is_success(first));
    const auto position = first.number("data.position");
    EXPECT_GT(position, 0);
    EXPECT_EQ(again.number("data.position"), position) << "the same id is the same event";
    ASSERT_TRUE(is_success(batch)) << batch.summary();
    const auto found = admin.get("/events/" + id);
    ASSERT_TRUE(is_success(found));
    for (const auto* member : {"id", "type", "source", "timestamp", "status", "correlation_id", "user_id"}) {
        EXPECT_FALSE(found.text("data." + std::string(member)).empty()) << member;
    }
    EXPECT_EQ(found.text("data.data.x"), "1.5") << found.summary();
    const auto listed = admin.get("/events?event_type=" + type);
    EXPECT_EQ(dig(listed.document(), "data.events").as_array().size(), 2U);
    const auto prefixed = admin.get("/events?event_type=" + type + ".*");
    EXPECT_EQ(text_at(prefixed.document(), "data.events.0.type"), type + ".more");
    const auto after = admin.get("/events?limit=2&after=" + std::to_string(position - 1));
    EXPECT_EQ(after.number("data.events.0.position"), position) << "oldest first from `after` on";
    EXPECT_EQ(after.number("data.next_after"), after.number("data.events.1.position"));
    EXPECT_TRUE(is_problem(admin.get("/events/no-such-event"), 404));
    EXPECT_TRUE(is_success(admin.get("/events/stats")));
    EXPECT_TRUE(is_success(admin.get("/stats")));
}

TEST_F(Events, AreRefusedWhenTheyAreNone) {
    EXPECT_TRUE(is_problem(admin.post("/events/publish", {}), 422));
    EXPECT_TRUE(is_problem(admin.post("/events/publish", {{"type", "no spaces please"}, {"data", json::Object{}}}), 422));
    EXPECT_TRUE(is_problem(admin.post("/events/publish", {{"type", "a.b"}, {"data", 7}}), 422));
}

TEST_F(Events, AResumedSocketMissesNothingAndRepeatsNothing) {
    const auto& system = System::instance();
    const auto type = unique_type();
    std::vector<std::int64_t> published;
    const auto publish = [&] {
        const auto answer = admin.post("/events/publish", {{"type", type}, {"data", json::Object{}}});
        published.push_back(answer.number("data.position"));
    };
    for (int i = 0; i < 20; ++i) publish();

    WebSocketClient socket(system.port(Part::gateway), "/ws/events?token=" + admin.token());
    ASSERT_EQ(text_at(socket.next().value_or(nullptr), "type"), "connection");
    socket.send({{"type", "subscribe"}, {"event_types", json::Array{type}}, {"after", published[9]}});
    for (int i = 0; i < 20; ++i) publish();

    std::vector<std::int64_t> received;
    std::int64_t subscribed = -1;
    const auto last = socket.find([&](const json::Value& frame) {
        if (text_at(frame, "type") == "subscribed") subscribed = number_at(frame, "position");
        if (text_at(frame, "type") == type) received.push_back(number_at(frame, "position"));
        return number_at(frame, "position") == published.back() && text_at(frame, "type") == type;
    });
    EXPECT_TRUE(last);
    EXPECT_GE(subscribed, published[19]);
    EXPECT_EQ(received, std::vector<std::int64_t>(published.begin() + 10, published.end()));
}

TEST(Sockets, AnswerPingsAndSurviveMistakes) {
    auto person = Person::join(System::instance(), "pings");
    auto events = person.events();
    auto notifications = person.notifications();
    const auto is = [](std::string type) {
        return [type = std::move(type)](const json::Value& frame) { return text_at(frame, "type") == type; };
    };

    for (auto* socket : {&events, &notifications}) {
        const auto hello = socket->next();
        EXPECT_EQ(text_at(hello.value_or(nullptr), "type"), "connection");
        EXPECT_FALSE(text_at(hello.value_or(nullptr), "message").empty());
        EXPECT_FALSE(text_at(hello.value_or(nullptr), "timestamp").empty());
        socket->send({{"type", "ping"}});
        const auto pong = socket->find(is("pong"));
        EXPECT_TRUE(pong);
        EXPECT_FALSE(text_at(pong.value_or(nullptr), "timestamp").empty());
        for (const auto* mistake : {"no json", "{}", "[]", "{\"type\":\"nonsense\"}"}) {
            socket->send_text(mistake);
            const auto error = socket->find(is("error"));
            EXPECT_TRUE(error) << mistake;
            EXPECT_FALSE(text_at(error.value_or(nullptr), "code").empty()) << mistake;
        }
        EXPECT_TRUE(socket->open());
    }
    events.send({{"type", "subscribe"}, {"event_types", 7}});
    EXPECT_TRUE(events.find(is("error")));
}

TEST(Correlation, OneEventsCorrelationIdIsTheRequestsThatCausedIt) {
    auto person = Person::join(System::instance(), "chain");
    const auto picture = pictures::encode(pictures::a_photo(48, 48), ".png");
    const auto uploaded = person.http().upload("/images/upload", {.content = picture, .filename = "chain.png"});
    ASSERT_TRUE(is_success(uploaded));

    const auto id = uploaded.text("correlation_id");
    Answer events;
    const auto stored = [&] {
        events = person.http().get("/events?correlation_id=" + id);
        return text_at(events.document(), "data.events.0.type") == "image.uploaded";
    };
    EXPECT_TRUE(eventually(stored)) << events.summary();
}

TEST(DeadLetters, ShowWhatTheBusRefusedOfAServiceThatConsumesNothing) {
    const auto& system = System::instance();
    HttpClient admin(system.port(Part::gateway), token_with_role(system, "admin"));
    system.query(
        "INSERT INTO auth.outbox (id, type, source, created_at, data, correlation_id) "
        "VALUES ('refused-1', 'No Such Type', 'auth-service', now(), '{}', 'dead-letter-test')");
    const std::string target = "/events/dead-letters?consumer=auth-service-outbox";
    const auto id = [&] { return admin.get(target).text("data.dead_letters.0.id"); };
    EXPECT_TRUE(eventually([&] { return !id().empty(); })) << admin.get(target).summary();
    const auto listed = admin.get(target);
    const auto before = listed.text("data.dead_letters.0.id");

    const auto replay = admin.post("/events/dead-letters", {{"ids", {before}}});

    EXPECT_EQ(listed.text("data.dead_letters.0.event_id"), "refused-1");
    EXPECT_TRUE(is_success(replay)) << replay.summary();
    // Sent again, refused again, and so another letter.
    EXPECT_TRUE(eventually([&] { return !id().empty() && id() != before; })) << admin.get(target).summary();
    system.query("DELETE FROM auth.dead_letters WHERE event_id = 'refused-1'");
}

TEST(Consumers, OfEveryServiceReportAndAnEventShowsWhoHasDealtWithIt) {
    const auto& system = System::instance();
    auto person = Person::join(system, "followed");
    HttpClient admin(system.port(Part::gateway), token_with_role(system, "admin"));

    const auto all_report = [&] {
        const auto listed = admin.get("/events/consumers");
        const auto* consumers = dig(listed.document(), "data.consumers").if_array();
        return consumers != nullptr && consumers->size() == 3;
    };
    EXPECT_TRUE(eventually(all_report)) << admin.get("/events/consumers").summary();
    const auto created = person.http().get("/events?event_type=user.created").text("data.events.0.id");
    const auto dealt_with = [&] {
        const auto event = person.http().get("/events/" + created);
        return event.text("data.consumers.0.consumer") == "notification-service" &&
               event.text("data.consumers.0.status") == "completed" && event.text("data.consumers.1.status") == "completed";
    };
    EXPECT_TRUE(eventually(dealt_with)) << person.http().get("/events/" + created).summary();
    EXPECT_TRUE(is_problem(person.http().get("/events/consumers"), 403));
}

}  // namespace
}  // namespace darkroom::system_test
