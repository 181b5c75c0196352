// Who may pass: routes, tokens, limits, CORS, addresses.
#include "platform/json/described.hpp"
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/raw_client.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;

const http::Headers as_user{{"Authorization", "Bearer user:u-1:user"}};

std::string code_of(const http::ClientResponse& response) {
    return std::string(json::view(json::parse(response.body).value().at("code").as_string()));
}

TEST(Routing, UnknownAndInternalPathsAre404ForEverybodyAndReachNobody) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        for (const auto* path : {"/nowhere", "/internal", "/internal/users", "/internal/images/1", "/usersX", "/image",
                                 "/admin", "/ws", "/ws/other", "/%69nternal/users"}) {
            const auto anonymous = co_await door.get(path);
            const auto known = co_await door.get(path, as_user);
            EXPECT_EQ(anonymous.status, 404) << path;
            EXPECT_EQ(known.status, 404) << path;
            EXPECT_TRUE(known.headers.has("X-Correlation-ID"));
        }

        EXPECT_EQ(upstream.requests, 0);
    });
}

TEST(Routing, EveryPathOfTheContractFindsItsService) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        StubUpstream auth(runtime, "auth"), users(runtime, "users"), images(runtime, "images"), notes(runtime, "notes"),
            bus(runtime, "bus");
        Door door(runtime, {{"AUTH_URL", auth.url()},
                            {"USERS_URL", users.url()},
                            {"IMAGES_URL", images.url()},
                            {"NOTIFICATIONS_URL", notes.url()},
                            {"EVENTS_URL", bus.url()}});
        const std::vector<std::pair<std::string, std::string>> expected{{"/auth/login", "auth"},
                                                                        {"/oauth/token", "auth"},
                                                                        {"/.well-known/jwks.json", "auth"},
                                                                        {"/users", "users"},
                                                                        {"/users/me", "users"},
                                                                        {"/roles", "users"},
                                                                        {"/admin/users", "users"},
                                                                        {"/images/transformations", "images"},
                                                                        {"/notifications", "notes"},
                                                                        {"/ws/notifications", "notes"},
                                                                        {"/events/publish", "bus"},
                                                                        {"/stats", "bus"},
                                                                        {"/admin/events", "bus"},
                                                                        {"/ws/events", "bus"}};
        for (const auto& [path, name] : expected) {
            const auto answer = co_await door.get(path, as_user);
            EXPECT_THAT(answer.body, HasSubstr("\"name\":\"" + name + '"')) << path;
        }
        co_await door.stop();
    });
}

TEST(Access, AProtectedPathNeedsAGoodTokenBeforeTheUpstreamIsAsked) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        const auto without = co_await door.get("/users/me");
        const auto bad = co_await door.get("/users/me", {{"Authorization", "Bearer forged"}});
        http::ClientRequest wrong_verb{.verb = http::Verb::del, .target = "/roles"};
        const auto other_verb = co_await door.ask(wrong_verb);
        EXPECT_EQ(upstream.requests, 0);
        const auto good = co_await door.get("/users/me", as_user);

        EXPECT_EQ(without.status, 401);
        EXPECT_EQ(without.headers.get("WWW-Authenticate"), "Bearer");
        EXPECT_EQ(bad.status, 401);
        EXPECT_THAT(std::string(bad.headers.get("WWW-Authenticate")), HasSubstr("invalid_token"));
        EXPECT_EQ(other_verb.status, 401);
        EXPECT_EQ(good.status, 200);
    });
}

TEST(Access, ABadTokenDoesNotMatterWhereNoneIsNeeded) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        const auto open = co_await door.get("/users/open", {{"Authorization", "Bearer forged"}});
        const auto unknown_to_documents = co_await door.get("/users/else");

        EXPECT_EQ(open.status, 200);
        EXPECT_EQ(unknown_to_documents.status, 200);
    });
}

/// Routes with restrictions, in a file of their own.
std::string restricted_routes() {
    const auto path = (std::filesystem::path(::testing::TempDir()) / ("routes-" + std::to_string(::getpid()))).string();
    std::ofstream(path) << R"(
        [[route]]
        prefix = "/users"
        upstream = "user-service"
        [[route]]
        prefix = "/users/open/paid"
        upstream = "user-service"
        roles = ["premium", "admin"]
        [[route]]
        prefix = "/users/open/log"
        upstream = "event-bus"
        permission = "events:manage"
    )";
    return path;
}

http::Headers as(std::string_view role) {
    return {{"Authorization", "Bearer user:u-1:" + std::string(role)}};
}

TEST(Access, ARouteAsksForTheRoleOrPermissionThatTheConfigurationNames) {
    const auto routes = restricted_routes();
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto anonymous = co_await door.get("/users/open/paid/7");
            const auto bad = co_await door.get("/users/open/paid/7", {{"Authorization", "Bearer forged"}});
            const auto user = co_await door.get("/users/open/paid/7", as("user"));
            const auto no_permission = co_await door.get("/users/open/log", as("premium"));
            const auto by_key = co_await door.get("/users/open/paid/7", {{"X-API-Key", "dk_any"}});
            EXPECT_EQ(upstream.requests, 0);
            const auto premium = co_await door.get("/users/open/paid/7", as("premium"));
            const auto admin = co_await door.get("/users/open/log", as("admin"));
            const auto service = co_await door.get("/users/open/log", {{"Authorization", "Bearer service:image-service"}});
            const auto elsewhere = co_await door.get("/users/open");

            EXPECT_EQ(anonymous.status, 401);
            EXPECT_EQ(bad.status, 401);
            EXPECT_EQ(code_of(bad), "invalid_token");
            EXPECT_EQ(user.status, 403);
            EXPECT_EQ(code_of(user), "forbidden");
            EXPECT_EQ(no_permission.status, 403);
            EXPECT_EQ(by_key.status, 401);
            EXPECT_EQ(premium.status, 200);
            EXPECT_EQ(admin.status, 200);
            EXPECT_EQ(service.status, 200);
            EXPECT_EQ(elsewhere.status, 200);
        },
        {{"GATEWAY_ROUTES", routes}});
    std::filesystem::remove(routes);
}

std::string rewritten_routes() {
    auto path = (std::filesystem::temp_directory_path() / ("routes-" + new_uuid() + ".toml")).string();
    std::ofstream(path) << R"(
        [[route]]
        prefix = "/shop"
        upstream = "user-service"
        rewrite = "/users/open"
        request_headers = { set = { "X-Tenant" = "north" }, remove = ["Cookie"] }
        response_headers = { set = { "X-Frame-Options" = "DENY" }, remove = ["X-Upstream"] }
    )";
    return path;
}

TEST(Transformation, ARouteChangesPathAndHeadersAsTheConfigurationSays) {
    const auto routes = rewritten_routes();
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto answer =
                co_await door.get("/shop/a%20b?x=1%202", {{"Cookie", "secret=1"}, {"X-Tenant", "south"}, {"X-Other", "stays"}});

            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(upstream.last_request.target, "/users/open/a%20b?x=1%202");
            EXPECT_EQ(upstream.last_request.headers.get("X-Tenant"), "north");
            EXPECT_FALSE(upstream.last_request.headers.has("Cookie"));
            EXPECT_EQ(upstream.last_request.headers.get("X-Other"), "stays");
            EXPECT_EQ(answer.headers.get("X-Frame-Options"), "DENY");
            EXPECT_FALSE(answer.headers.has("X-Upstream"));
            EXPECT_TRUE(answer.headers.has("X-End"));
        },
        {{"GATEWAY_ROUTES", routes}});
    std::filesystem::remove(routes);
}

TEST(Limits, EveryAnswerSaysWhatIsLeftAndTheNextOneTooManyIs429) {
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            for (int left = 4; left >= 0; --left) {
                const auto answer = co_await door.get("/users/open");
                EXPECT_EQ(answer.status, 200);
                EXPECT_EQ(answer.headers.get("RateLimit-Limit"), "5");
                EXPECT_EQ(answer.headers.get("RateLimit-Remaining"), std::to_string(left));
                EXPECT_TRUE(answer.headers.has("RateLimit-Reset"));
            }
            const auto refused = co_await door.get("/users/open");
            const auto refused_unknown = co_await door.get("/nowhere");
            const auto refused_token = co_await door.get("/users/me", {{"Authorization", "Bearer forged"}});
            const auto known = co_await door.get("/users/open", as_user);

            EXPECT_EQ(refused.status, 429);
            EXPECT_EQ(code_of(refused), "rate_limited");
            EXPECT_EQ(refused.headers.get("Retry-After"), "12");
            EXPECT_EQ(refused.headers.get("RateLimit-Remaining"), "0");
            EXPECT_EQ(refused_unknown.status, 429);
            EXPECT_EQ(refused_token.status, 429);
            EXPECT_EQ(known.status, 200);
            EXPECT_EQ(known.headers.get("RateLimit-Limit"), "7");
            EXPECT_EQ(upstream.requests, 6);
        },
        {{"DARKROOM_RATE_LIMITS", "anonymous=5,user=7"}});
}

TEST(Limits, HealthAndDocumentsAreFree) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        auto variables = all_at("http://127.0.0.1:1");
        variables["DARKROOM_RATE_LIMITS"] = "anonymous=1";
        Door door(runtime, variables);

        for (const auto* path : {"/docs", "/openapi.json", "/asyncapi.json", "/docs/initializer.js", "/openapi.json"}) {
            const auto answer = co_await door.get(path);
            EXPECT_EQ(answer.status, 200) << path;
            EXPECT_EQ(answer.headers.get("RateLimit-Remaining"), "1") << path;
        }
        co_await door.stop();
    });
}

TEST(Limits, ClientsBehindATrustedProxyAreToldApart) {
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            const auto first = co_await door.get("/users/open", {{"X-Forwarded-For", "203.0.113.1"}});
            const auto second = co_await door.get("/users/open", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.2"}});
            const auto again = co_await door.get("/users/open", {{"X-Forwarded-For", "7.7.7.7, 203.0.113.2"}});

            EXPECT_EQ(first.status, 200);
            EXPECT_EQ(second.status, 200);
            EXPECT_EQ(again.status, 429);
            EXPECT_EQ(upstream.last_request.headers.get("X-Forwarded-For"), "6.6.6.6, 203.0.113.2, 127.0.0.1");
        },
        {{"DARKROOM_RATE_LIMITS", "anonymous=1"}, {"TRUSTED_PROXIES", "127.0.0.0/8"}});
}

TEST(Cors, PreflightsAreAnsweredByTheGatewayAndAnswersNameTheOrigin) {
    with_door(
        [](Door& door, StubUpstream& upstream) -> awaitable<> {
            http::ClientRequest preflight{
                .verb = http::Verb::options,
                .target = "/users/me",
                .headers = {{"Origin", "https://app.example.org"}, {"Access-Control-Request-Method", "GET"}}};
            const auto permission = co_await door.ask(preflight);
            preflight.headers.set("Origin", "https://evil.example");
            const auto refusal = co_await door.ask(preflight);
            EXPECT_EQ(upstream.requests, 0);
            const auto answer = co_await door.get("/users/me", {{"Origin", "https://app.example.org"}});

            EXPECT_EQ(permission.status, 204);
            EXPECT_EQ(permission.headers.get("Access-Control-Allow-Origin"), "https://app.example.org");
            EXPECT_EQ(refusal.status, 204);
            EXPECT_FALSE(refusal.headers.has("Access-Control-Allow-Origin"));
            // Also a refusal must be readable for the page that caused it.
            EXPECT_EQ(answer.status, 401);
            EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "https://app.example.org");
            EXPECT_EQ(answer.headers.get("Vary"), "Origin");
            EXPECT_THAT(std::string(answer.headers.get("Access-Control-Expose-Headers")), HasSubstr("RateLimit-Remaining"));
        },
        {{"CORS_ORIGINS", "https://app.example.org"}});
}

TEST(Correlation, AnIllFormedIdIsReplacedAndTheSameOneGoesBothWays) {
    with_door([](Door& door, StubUpstream& upstream) -> awaitable<> {
        const auto answer = co_await door.get("/users/open", {{"X-Correlation-ID", "no spaces allowed"}});
        const auto page = co_await door.get("/nowhere");

        const auto id = answer.headers.get("X-Correlation-ID");
        EXPECT_EQ(id.size(), 36U);
        EXPECT_EQ(upstream.last_request.headers.get("X-Correlation-ID"), id);
        EXPECT_THAT(page.body, HasSubstr(std::string(page.headers.get("X-Correlation-ID"))));
    });
}

TEST(Metrics, RequestsAreCountedByTemplateAndBytesAreSummed) {
    with_door([](Door& door, StubUpstream&) -> awaitable<> {
        co_await door.get("/users/me", as_user);
        co_await door.get("/users/some-id-or-other/sized?1000");
        auto client = co_await RawClient::connect(door.port());
        co_await client.send("BREW /users/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer user:u-1:user\r\n\r\n");
        const auto brewed = co_await client.read_answer();

        const auto text = door.metrics().scrape();

        EXPECT_THAT(text, HasSubstr(R"(route="/users/me")"));
        EXPECT_THAT(text, HasSubstr(R"(route="/users",)"));
        EXPECT_THAT(text, ::testing::Not(HasSubstr("some-id-or-other")));
        EXPECT_THAT(text, ::testing::Not(HasSubstr("BREW")));
        EXPECT_THAT(text, HasSubstr("darkroom_gateway_response_body_bytes_total"));
        EXPECT_NE(brewed.status, 200);
    });
}

}  // namespace
}  // namespace darkroom::gateway
