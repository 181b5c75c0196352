// Who may do what, through the gateway and past it.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"
#include "tests/harness/tokens.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

struct Guarded {
    Part service;
    std::string path;
};

const std::vector<Guarded>& guarded_paths() {
    static const std::vector<Guarded> paths{{Part::auth, "/auth/me"},
                                            {Part::users, "/users/me"},
                                            {Part::images, "/images"},
                                            {Part::notifications, "/notifications"},
                                            {Part::events, "/events"}};
    return paths;
}

std::string a_small_picture() {
    return pictures::encode(pictures::a_photo(64, 48), ".jpg[Q=90]");
}

TEST(Access, NothingIsGivenWithoutAToken) {
    const auto& system = System::instance();

    for (const auto& [service, path] : guarded_paths()) {
        for (const auto port : {system.port(Part::gateway), system.port(service)}) {
            const auto answer = HttpClient(port).get(path);
            EXPECT_TRUE(is_problem(answer, 401)) << path;
            EXPECT_TRUE(answer.header("WWW-Authenticate").starts_with("Bearer")) << path;
            const auto headed =
                HttpClient(port).send({.target = path, .headers = {{"X-User-Id", "admin-001"}, {"X-User-Role", "admin"}}});
            EXPECT_EQ(headed.status, 401) << path << ": an identity header is believed";
        }
    }
}

TEST(Access, BadTokensAreRefusedByTheGatewayAndByEveryService) {
    const auto& system = System::instance();
    auto person = Person::join(system, "forger");

    for (const auto& [what, token] : bad_tokens(system, person.http().token())) {
        for (const auto& [service, path] : guarded_paths()) {
            for (const auto port : {system.port(Part::gateway), system.port(service)}) {
                const auto answer = HttpClient(port, token).get(path);
                EXPECT_TRUE(is_problem(answer, 401)) << what << " at " << path;
                EXPECT_NE(answer.header("WWW-Authenticate").find("error=\"invalid_token\""), std::string::npos)
                    << what << " at " << path << ": " << answer.header("WWW-Authenticate");
            }
        }
    }
    EXPECT_EQ(person.http().get("/users/me").status, 200) << "the good one still is";
}

TEST(Access, HandshakesWithoutAGoodTokenAreRefused) {
    const auto& system = System::instance();
    auto person = Person::join(system, "socket");
    const std::vector<std::pair<Part, std::string>> sockets{{Part::events, "/ws/events"},
                                                            {Part::notifications, "/ws/notifications"}};

    for (const auto& [service, path] : sockets) {
        for (const auto port : {system.port(Part::gateway), system.port(service)}) {
            EXPECT_EQ(WebSocketClient(port, path).status(), 401) << path;
            EXPECT_EQ(WebSocketClient(port, path + "?token=nonsense").status(), 401) << path;
            EXPECT_EQ(WebSocketClient(port, path, "nonsense").status(), 401) << path;
            EXPECT_EQ(WebSocketClient(port, path + "?token=" + person.http().token()).status(), 101) << path;
            EXPECT_EQ(WebSocketClient(port, path, person.http().token()).status(), 101) << path;
        }
        const auto plain = person.http().get(path);
        EXPECT_TRUE(plain.status == 400 || plain.status == 426) << plain.summary();
    }
}

TEST(Access, UnknownPathsAre404ForEverybodyAndKnownOnesAskForATokenFirst) {
    const auto& system = System::instance();
    auto person = Person::join(system, "lost");
    HttpClient anonymous(system.port(Part::gateway));

    for (const auto* path : {"/nowhere", "/users/me/nowhere/at/all", "/auth/nowhere", "/imagesque", "/internal/revocations"}) {
        EXPECT_TRUE(is_problem(anonymous.get(path), 404)) << path;
        EXPECT_TRUE(is_problem(person.http().get(path), 404)) << path;
    }
    EXPECT_TRUE(is_problem(anonymous.send({.method = "PATCH", .target = "/images"}), 401));
    EXPECT_TRUE(is_problem(anonymous.post("/notifications/read-all", {{"nonsense", 1}}), 401));
    EXPECT_TRUE(is_problem(anonymous.get("/images?page=nonsense"), 401));
}

TEST(Access, AWrongMethodIs405WithAllow) {
    auto person = Person::join(System::instance(), "verbs");
    const std::vector<std::array<std::string, 3>> cases{{"DELETE", "/images", "GET"},   {"POST", "/users/me", "GET"},
                                                        {"GET", "/auth/login", "POST"}, {"DELETE", "/notifications", "GET"},
                                                        {"PATCH", "/events", "GET"},    {"PUT", "/notifications/stats", "GET"}};

    for (const auto& [method, path, allowed] : cases) {
        const auto answer = person.http().send({.method = method, .target = path});
        EXPECT_TRUE(is_problem(answer, 405)) << method << ' ' << path;
        EXPECT_NE(answer.header("Allow").find(allowed), std::string::npos) << path << ": " << answer.header("Allow");
    }
    const auto options = person.http().send({.method = "OPTIONS", .target = "/images"});
    EXPECT_EQ(options.status, 204);
    EXPECT_NE(options.header("Allow").find("GET"), std::string::npos);
}

TEST(Access, SomebodyElsesThingsDoNotExist) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "owner");
    auto stranger = Person::join(system, "stranger");
    const auto upload_id = owner.upload(a_small_picture(), "mine.jpg");
    const auto processing_id = owner.process(upload_id, "grayscale");
    owner.wait_completed(processing_id);
    ASSERT_TRUE(eventually([&] { return !owner.all_notifications().empty(); }));
    const auto notification_id = text_at(owner.all_notifications()[0], "id");

    for (const auto& path : {"/images/" + upload_id, "/images/" + upload_id + "/status", "/images/" + upload_id + "/download",
                             "/images/" + upload_id + "/download/grayscale", "/images/processings/" + processing_id,
                             "/images/processings/" + processing_id + "/result", "/notifications/" + notification_id}) {
        EXPECT_TRUE(is_problem(stranger.http().get(path), 404)) << path;
        EXPECT_EQ(owner.http().get(path).status, 200) << path;
    }
    EXPECT_TRUE(is_problem(stranger.http().del("/images/" + upload_id), 404));
    EXPECT_TRUE(is_problem(stranger.http().del("/images/processings/" + processing_id), 404));
    EXPECT_TRUE(is_problem(stranger.http().del("/notifications/" + notification_id), 404));
    EXPECT_TRUE(is_problem(stranger.http().put("/notifications/" + notification_id + "/read"), 404));
    const json::Object order{{"transformation_type", "grayscale"}};
    EXPECT_TRUE(is_problem(stranger.http().post("/images/" + upload_id + "/process", order), 404));
    EXPECT_EQ(stranger.http().get("/images").number("data.pagination.total"), 0);
}

TEST(Access, NamingSomebodyElseIsForbidden) {
    const auto& system = System::instance();
    auto person = Person::join(system, "named");
    auto other = Person::join(system, "other");

    for (const auto* path : {"/images", "/notifications", "/notifications/stats", "/events"}) {
        EXPECT_TRUE(is_problem(person.http().get(std::string(path) + "?user_id=" + other.id()), 403)) << path;
        EXPECT_EQ(person.http().get(std::string(path) + "?user_id=" + person.id()).status, 200) << path;
    }
    const auto picture = a_small_picture();
    const Upload foreign{.content = picture, .filename = "foreign.jpg", .user_id = other.id()};
    EXPECT_TRUE(is_problem(person.http().upload("/images/upload", foreign), 403));
    const Upload own{.content = picture, .filename = "own.jpg", .user_id = person.id()};
    EXPECT_TRUE(is_success(person.http().upload("/images/upload", own)));
    EXPECT_TRUE(is_problem(person.http().get("/users/" + other.id()), 403));
    EXPECT_TRUE(is_problem(person.http().get("/users/no-such-user"), 403));
    EXPECT_TRUE(is_problem(person.http().get("/users"), 403));
    EXPECT_TRUE(is_problem(
        person.http().post("/notifications",
                           {{"user_id", other.id()}, {"type", "broadcast"}, {"title", "hello"}, {"message", "hello"}}),
        403));
    EXPECT_TRUE(is_problem(person.http().post("/events/publish", {{"type", "user.created"}, {"data", json::Object{}}}), 403));
}

TEST(Access, AnAdminSeesEverybodyAndAGuestOnlyLooks) {
    const auto& system = System::instance();
    auto person = Person::join(system, "seen");
    HttpClient admin(system.port(Part::gateway), token_with_role(system, "admin"));
    HttpClient guest(system.port(Part::gateway), token_with_role(system, "guest"));

    const auto users = admin.get("/users");
    EXPECT_TRUE(is_page(users, "users"));
    EXPECT_EQ(admin.get("/images?user_id=" + person.id()).status, 200);
    EXPECT_EQ(admin.get("/notifications?user_id=" + person.id()).status, 200);
    EXPECT_EQ(guest.get("/images").status, 200);
    EXPECT_EQ(guest.get("/notifications").status, 200);
    const auto picture = a_small_picture();
    EXPECT_TRUE(is_problem(guest.upload("/images/upload", {.content = picture, .filename = "no.jpg"}), 403));
    EXPECT_TRUE(is_problem(guest.get("/users"), 403));
}

TEST(Access, AServicesTokenIsGoodAtItsAudienceOnly) {
    const auto& system = System::instance();
    const auto token = service_token(system, "image-service", "notification-service");

    EXPECT_EQ(HttpClient(system.port(Part::notifications), token).get("/notifications?user_id=somebody").status, 200);
    EXPECT_EQ(HttpClient(system.port(Part::images), token).get("/images?user_id=somebody").status, 401);
    EXPECT_EQ(HttpClient(system.port(Part::events), token).get("/events").status, 401);
    EXPECT_EQ(HttpClient(system.port(Part::users), token).get("/users").status, 401);
}

TEST(Sessions, AreLastUsedWhenAnyServiceWasAskedForAnything) {
    const auto& system = System::instance();
    auto person = Person::join(system, "active");
    system.query("UPDATE auth.sessions SET last_used_at = now() - interval '1 day' WHERE account_id = '" + person.id() + "'");

    const auto direct = HttpClient(system.port(Part::images), person.http().token()).get("/images");

    EXPECT_TRUE(is_success(direct)) << direct.summary();
    EXPECT_TRUE(eventually([&] {
        return system.query("SELECT last_used_at > now() - interval '1 minute' FROM auth.sessions WHERE account_id = '" +
                            person.id() + "'") == "t";
    }));
    const auto shown = person.http().get("/auth/sessions");
    EXPECT_GE(shown.text("data.sessions.0.last_used_at"), shown.text("data.sessions.0.created_at")) << shown.summary();
}

TEST(Access, PeopleSeeTheirOwnEventsOnly) {
    const auto& system = System::instance();
    auto person = Person::join(system, "private");
    auto other = Person::join(system, "elsewhere");
    auto socket = person.events();
    ASSERT_TRUE(socket.next());

    other.upload(a_small_picture(), "theirs.jpg");
    person.upload(a_small_picture(), "ours.jpg");

    bool only_own = true;
    const auto uploaded = socket.find([&](const json::Value& frame) {
        only_own = only_own && text_at(frame, "user_id") == person.id();
        return text_at(frame, "type") == "image.uploaded";
    });
    EXPECT_TRUE(uploaded);
    EXPECT_TRUE(only_own);
    const auto listed = person.http().get("/events?limit=1000");
    ASSERT_TRUE(is_success(listed));
    for (const auto& event : dig(listed.document(), "data.events").as_array())
        EXPECT_EQ(text_at(event, "user_id"), person.id());
}

}  // namespace
}  // namespace darkroom::system_test
