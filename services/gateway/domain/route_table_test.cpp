#include "services/gateway/domain/route_table.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

RouteTable a_table() {
    return RouteTable::parse(R"(
        [[route]]
        prefix = "/users"
        upstream = "user-service"
        [[route]]
        prefix = "/users/me/photos"
        upstream = "image-service"
        body_limit = 5
        [[route]]
        prefix = "/ws/events"
        upstream = "event-bus"
        websocket = true
        access = "token"
    )")
        .value();
}

std::string upstream_of(const RouteTable& table, std::string_view path) {
    const auto* route = table.find(path);
    return route == nullptr ? "-" : route->upstream;
}

TEST(RouteTable, APrefixTakesItselfAndWholeSegmentsBelow) {
    const auto table = a_table();

    EXPECT_EQ(upstream_of(table, "/users"), "user-service");
    EXPECT_EQ(upstream_of(table, "/users/"), "user-service");
    EXPECT_EQ(upstream_of(table, "/users/me"), "user-service");
    EXPECT_EQ(upstream_of(table, "/usersX"), "-");
    EXPECT_EQ(upstream_of(table, "/user"), "-");
    EXPECT_EQ(upstream_of(table, "/"), "-");
    EXPECT_EQ(upstream_of(table, "/Users"), "-");
}

TEST(RouteTable, TheLongestPrefixWins) {
    const auto table = a_table();

    EXPECT_EQ(upstream_of(table, "/users/me/photos/7"), "image-service");
    EXPECT_EQ(upstream_of(table, "/users/me/photosets"), "user-service");
    EXPECT_EQ(table.find("/users/me/photos")->body_limit, 5U);
}

TEST(RouteTable, WebSocketAndAccessAreReadPerRoute) {
    const auto table = a_table();

    EXPECT_TRUE(table.find("/ws/events")->websocket);
    EXPECT_TRUE(table.find("/ws/events")->token_required);
    EXPECT_FALSE(table.find("/users")->websocket);
    EXPECT_FALSE(table.find("/users")->token_required);
}

TEST(RouteTable, InternalPathsAreNeverRouted) {
    const auto refused = RouteTable::parse("[[route]]\nprefix = \"/internal/users\"\nupstream = \"user-service\"\n");

    EXPECT_TRUE(refused.has_error());
    EXPECT_EQ(a_table().find("/internal"), nullptr);
    EXPECT_EQ(a_table().find("/internal/users"), nullptr);
    EXPECT_TRUE(is_internal_path("/internal/x"));
    EXPECT_FALSE(is_internal_path("/internals"));
}

TEST(RouteTable, EveryProblemIsNamedWithItsRoute) {
    const auto refused = RouteTable::parse(R"(
        [[route]]
        prefix = "users/"
        upstream = "user-service"
        acess = "token"
        [[route]]
        prefix = "/a"
        access = "none"
        [[route]]
        prefix = "/a"
        upstream = "x"
    )");

    ASSERT_TRUE(refused.has_error());
    std::vector<std::string> fields;
    for (const auto& problem : refused.error().fields) fields.push_back(problem.field);
    EXPECT_EQ(fields, (std::vector<std::string>{"route[0].acess", "route[0].prefix", "route[1].upstream", "route[1].access",
                                                "route[2].prefix"}));
}

TEST(RouteTable, RolesAndPermissionsThatNobodyHasStopTheStart) {
    for (const auto* line : {"roles = []", "roles = \"admin\"", "roles = [\"root\"]", "roles = [7]", "permission = \"\"",
                             "permission = 7", "permission = \"users:mange\""}) {
        const auto refused = RouteTable::parse(std::string("[[route]]\nprefix = \"/a\"\nupstream = \"x\"\n") + line);

        EXPECT_TRUE(refused.has_error()) << line;
    }
}

TEST(RouteTable, BrokenTomlSaysTheLine) {
    const auto refused = RouteTable::parse("\n[[route]\n");

    ASSERT_TRUE(refused.has_error());
    EXPECT_NE(refused.error().detail.find("line 2"), std::string::npos) << refused.error().detail;
}

TEST(RouteTable, RefusesHeaderChangesThatWouldBreakAMessage) {
    const auto problems_of = [](const std::string& line) {
        const auto table = RouteTable::parse("[[route]]\nprefix = \"/a\"\nupstream = \"b\"\n" + line + "\n");
        return table.has_error() ? table.error().fields.front().field : std::string();
    };

    EXPECT_EQ(problems_of(R"(request_headers = { set = { "X-A" = "1" }, remove = ["X-B"] })"), "");
    EXPECT_EQ(problems_of(R"(request_headers = { set = { "Content-Length" = "1" } })"), "route[0].request_headers");
    EXPECT_EQ(problems_of(R"(request_headers = { set = { "X A" = "1" } })"), "route[0].request_headers");
    EXPECT_EQ(problems_of(R"(response_headers = { set = { "X-A" = "1\n2" } })"), "route[0].response_headers");
    EXPECT_EQ(problems_of(R"(response_headers = { remove = ["Transfer-Encoding"] })"), "route[0].response_headers");
    EXPECT_EQ(problems_of(R"(response_headers = { add = ["X"] })"), "route[0].response_headers");
    EXPECT_EQ(problems_of(R"(rewrite = "b/")"), "route[0].rewrite");
}

TEST(RouteTable, ReadsChangesOfJsonFields) {
    const auto table = RouteTable::parse(R"(
        [[route]]
        prefix = "/a"
        upstream = "b"
        request_json = { set = { "source" = "web", "options.sizes" = [1, 2.5, true], "who" = { "id" = "x" } } }
        response_json = { rename = { "data.user_name" = "username" }, remove = ["data.users[].email"] }
    )");

    ASSERT_TRUE(table.has_value()) << table.error().detail;
    const auto& route = table->routes().front();
    EXPECT_EQ(route.request_json.apply("{}").value(), R"({"options":{"sizes":[1,2.5,true]},"source":"web","who":{"id":"x"}})");
    EXPECT_EQ(route.response_json.apply(R"({"data":{"user_name":"a","users":[{"email":"b"}]}})").value(),
              R"({"data":{"username":"a","users":[{}]}})");
}

TEST(RouteTable, RefusesChangesOfJsonThatCannotBeRead) {
    for (const auto* line :
         {R"(response_json = ["email"])", R"(response_json = { remove = "email" })", R"(response_json = { remove = [7] })",
          R"(response_json = { hide = ["email"] })", R"(response_json = { remove = ["a..b"] })",
          R"(response_json = { rename = { "a" = 7 } })", R"(request_json = { set = ["a"] })"}) {
        const auto refused = RouteTable::parse(std::string("[[route]]\nprefix = \"/a\"\nupstream = \"b\"\n") + line);

        EXPECT_TRUE(refused.has_error()) << line;
    }
}

}  // namespace
}  // namespace darkroom::gateway
