#include "services/gateway/domain/cors.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

http::RequestHead a_preflight(std::string origin) {
    http::RequestHead request;
    request.method = "OPTIONS";
    request.headers = {{"Origin", std::move(origin)}, {"Access-Control-Request-Method", "PUT"}};
    return request;
}

TEST(Cors, NobodyIsAllowedByDefault) {
    const auto policy = CorsPolicy::parse("").value();
    http::Headers headers;

    policy.add_to(headers, "https://app.example.org");

    EXPECT_TRUE(headers.empty());
    EXPECT_FALSE(policy.preflight_headers(a_preflight("https://app.example.org")).has("Access-Control-Allow-Origin"));
}

TEST(Cors, AListedOriginIsEchoedWithVary) {
    const auto policy = CorsPolicy::parse("https://app.example.org, http://localhost:5173").value();
    http::Headers headers;

    policy.add_to(headers, "http://localhost:5173");

    EXPECT_EQ(headers.get("Access-Control-Allow-Origin"), "http://localhost:5173");
    EXPECT_EQ(headers.get("Vary"), "Origin");
    EXPECT_NE(headers.get("Access-Control-Expose-Headers").find("X-Correlation-ID"), std::string_view::npos);
    EXPECT_FALSE(headers.has("Access-Control-Allow-Credentials"));
}

TEST(Cors, AnUnlistedOriginGetsVaryAndNothingElse) {
    const auto policy = CorsPolicy::parse("https://app.example.org").value();
    http::Headers headers;

    policy.add_to(headers, "https://app.example.org.evil.example");

    EXPECT_FALSE(headers.has("Access-Control-Allow-Origin"));
    EXPECT_EQ(headers.get("Vary"), "Origin");
}

TEST(Cors, AStarAllowsEverybody) {
    const auto policy = CorsPolicy::parse("*").value();
    http::Headers headers;

    policy.add_to(headers, "https://anything.example");

    EXPECT_EQ(headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(headers.has("Vary"));
}

TEST(Cors, APreflightIsAnOptionsWithOriginAndRequestedMethod) {
    auto request = a_preflight("https://app.example.org");
    EXPECT_TRUE(CorsPolicy::is_preflight(request));

    request.headers.remove("Access-Control-Request-Method");
    EXPECT_FALSE(CorsPolicy::is_preflight(request));
}

TEST(Cors, APreflightNamesMethodsAndHeaders) {
    const auto policy = CorsPolicy::parse("https://app.example.org").value();

    const auto headers = policy.preflight_headers(a_preflight("https://app.example.org"));

    EXPECT_NE(headers.get("Access-Control-Allow-Methods").find("PUT"), std::string_view::npos);
    EXPECT_NE(headers.get("Access-Control-Allow-Headers").find("Authorization"), std::string_view::npos);
    EXPECT_EQ(headers.get("Access-Control-Max-Age"), "600");
}

TEST(Cors, IllFormedOriginsAreRefused) {
    for (const auto* list : {"app.example.org", "https://app.example.org/", "https://", "HTTPS://a", "null", "ftp://a"}) {
        EXPECT_TRUE(CorsPolicy::parse(list).has_error()) << list;
    }
}

}  // namespace
}  // namespace darkroom::gateway
