// Routes that change the fields of JSON bodies.
#include "platform/testing/process.hpp"
#include "services/gateway/tests/door.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;

/// routes.toml with one route that has both kinds of changes.
class ChangingRoutes {
public:
    ChangingRoutes() {
        std::ofstream(path()) << R"(
            [[route]]
            prefix = "/users"
            upstream = "user-service"
            request_json = { set = { "source" = "door" }, remove = ["role"] }
            response_json = { remove = ["secret"], rename = { "name" = "full_name" } }
        )";
    }
    Variables variables() const { return {{"GATEWAY_ROUTES", path()}}; }

private:
    std::string path() const { return directory_.path() + "/routes.toml"; }
    testing::TemporaryDirectory directory_{"routes"};
};

http::ClientRequest a_post(std::string target, std::string type, std::string body) {
    return {.verb = http::Verb::post,
            .target = std::move(target),
            .headers = {{"Content-Type", std::move(type)}},
            .body = std::move(body)};
}

TEST(JsonRoutes, ChangeTheRequestForTheUpstreamAndTheAnswerForTheClient) {
    const ChangingRoutes routes;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto answer = co_await door.ask(
                a_post("/users/open/echo", "application/json", R"({"name":"ada","role":"admin","secret":1.0})"));

            EXPECT_EQ(upstream.last_body, R"({"name":"ada","secret":1.0,"source":"door"})");
            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(answer.body, R"({"full_name":"ada","source":"door"})");
            EXPECT_EQ(answer.headers.get("Content-Length"), std::to_string(answer.body.size()));
            EXPECT_EQ(answer.headers.get("ETag"), "\"1\"");
        },
        routes.variables());
}

TEST(JsonRoutes, LeaveAloneWhatIsNoJson) {
    const ChangingRoutes routes;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto uploaded =
                co_await door.ask(a_post("/users/open/upload", "application/octet-stream", R"({"role":"admin"})"));
            const auto streamed = co_await door.get("/users/open/chunked?300000");
            const auto head = co_await door.ask({.verb = http::Verb::head, .target = "/users/open"});

            EXPECT_EQ(uploaded.body, "16");
            EXPECT_EQ(streamed.body.size(), 300'000U);
            EXPECT_EQ(head.status, 200);
            EXPECT_FALSE(head.headers.has("Content-Length")) << "of the body that nobody has changed";
        },
        routes.variables());
}

TEST(JsonRoutes, PassNothingOnThatTheyCannotChange) {
    const ChangingRoutes routes;
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto broken = co_await door.ask(a_post("/users/open/echo", "application/json", R"({"role":)"));
            auto packed = a_post("/users/open/echo", "application/json", "x");
            packed.headers.set("Content-Encoding", "gzip");
            const auto encoded = co_await door.ask(packed);
            const auto large =
                co_await door.ask(a_post("/users/open/echo", "application/json", '"' + std::string(1024 * 1024, 'x') + '"'));
            EXPECT_EQ(upstream.requests, 0);
            const auto nonsense = co_await door.ask(a_post("/users/open/echo", "text/plain", R"({"secret":)"));
            const auto gzipped = co_await door.ask(a_post("/users/open/echo?gzip", "application/json", R"({"secret":1})"));

            EXPECT_EQ(broken.status, 422);
            EXPECT_THAT(broken.body, HasSubstr("invalid_json"));
            EXPECT_EQ(encoded.status, 415);
            EXPECT_EQ(large.status, 413);
            EXPECT_EQ(nonsense.status, 502);
            EXPECT_THAT(nonsense.body, ::testing::Not(HasSubstr("secret")));
            EXPECT_EQ(gzipped.status, 502);
        },
        routes.variables());
}

TEST(JsonRoutes, WithoutRulesBodiesPassAsTheyAre) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        constexpr auto* text = R"( {"a": 1.0, "a": 2 )";

        const auto answer = co_await door.ask(a_post("/users/open/echo", "application/json", text));

        EXPECT_EQ(upstream.last_body, text);
        EXPECT_EQ(answer.body, text);
    });
}

}  // namespace
}  // namespace darkroom::gateway
