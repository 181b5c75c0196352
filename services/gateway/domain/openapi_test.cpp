#include "services/gateway/domain/access_policy.hpp"
#include "services/gateway/domain/openapi_merge.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

json::Object object(std::string_view text) {
    return json::parse(text).value().as_object();
}

std::string text_at(const json::Object& document, const char* pointer) {
    return std::string(json::view(json::Value(document).at_pointer(pointer).as_string()));
}

bool everything(std::string_view, std::string_view) {
    return true;
}

AccessPolicy a_policy() {
    return AccessPolicy(object(R"({
        "paths": {
            "/users/me": {"get": {"security": [{"bearer": []}]}, "put": {"security": [{"bearer": ["users:self"]}]}},
            "/users/{id}": {"get": {"security": [{"bearer": ["users:manage"]}]}},
            "/auth/login": {"post": {"security": []}},
            "/auth/validate": {"post": {"security": [{}, {"bearer": []}]}, "get": {"security": [{"bearer": []}]}},
            "/plain": {"get": {}}
        }})"));
}

TEST(AccessPolicy, TheOperationsSecurityDecides) {
    const auto policy = a_policy();

    EXPECT_TRUE(policy.find("GET", "/users/me").token_required);
    EXPECT_TRUE(policy.find("HEAD", "/users/me").token_required);
    EXPECT_FALSE(policy.find("POST", "/auth/login").token_required);
    EXPECT_FALSE(policy.find("POST", "/auth/validate").token_required);
    EXPECT_FALSE(policy.find("GET", "/plain").token_required);
}

TEST(AccessPolicy, AnUnknownVerbNeedsATokenWhereEveryVerbDoes) {
    const auto policy = a_policy();

    EXPECT_TRUE(policy.find("DELETE", "/users/me").token_required);
    EXPECT_TRUE(policy.find("BREW", "/users/me").token_required);
    EXPECT_FALSE(policy.find("DELETE", "/auth/validate").token_required);
    EXPECT_FALSE(policy.find("OPTIONS", "/users/me").token_required);
}

TEST(AccessPolicy, PathsAreNamedByTheirTemplate) {
    const auto policy = a_policy();

    EXPECT_EQ(policy.find("GET", "/users/42").route, "/users/{id}");
    EXPECT_EQ(policy.find("GET", "/users/me").route, "/users/me");
    EXPECT_EQ(policy.find("GET", "/nowhere").route, "");
    EXPECT_FALSE(policy.find("GET", "/nowhere").token_required);
}

TEST(AccessPolicy, SecurityOfTheDocumentIsInherited) {
    const AccessPolicy policy(
        object(R"({"security": [{"bearer": []}], "paths": {"/a": {"get": {}, "post": {"security": []}}}})"));

    EXPECT_TRUE(policy.find("GET", "/a").token_required);
    EXPECT_FALSE(policy.find("POST", "/a").token_required);
}

TEST(MergeOpenapi, TakesThePathsThatAServiceServes) {
    const std::vector<ServiceDocument> documents{
        {"user-service",
         object(R"({"info": {"description": "Profiles."}, "paths": {"/users": {"get": {}}, "/health": {"get": {}}}})")},
        {"api-gateway", object(R"({"paths": {"/health": {"get": {"summary": "Ours."}}}})")},
        {"image-service", object(R"({"paths": {"/health": {"get": {}}}})")}};

    const auto merged = merge_openapi(documents, "1.2.3", [](std::string_view service, std::string_view path) {
        return path != "/health" || service == "api-gateway";
    });

    EXPECT_EQ(merged.at("paths").as_object().size(), 2U);
    EXPECT_EQ(text_at(merged, "/paths/~1health/get/summary"), "Ours.");
    EXPECT_EQ(merged.at("tags").as_array().size(), 2U);
    EXPECT_EQ(text_at(merged, "/tags/0/description"), "Profiles.");
    EXPECT_EQ(text_at(merged, "/info/version"), "1.2.3");
}

TEST(MergeOpenapi, EqualComponentsAreSharedAndDifferentOnesRenamedWithTheirReferences) {
    const std::vector<ServiceDocument> documents{
        {"a", object(R"({"components": {"schemas": {"Problem": {"type": "object"}, "Item": {"type": "string"}}}})")},
        {"b", object(R"({
            "paths": {"/b": {"get": {"schema": {"$ref": "#/components/schemas/Item"}, "oneOf": [{"$ref": "#/components/schemas/Problem"}]}}},
            "components": {"schemas": {"Problem": {"type": "object"}, "Item": {"type": "integer"},
                                       "List": {"items": {"$ref": "#/components/schemas/Item"}}}}})")}};

    const auto merged = merge_openapi(documents, "1", everything);

    EXPECT_EQ(text_at(merged, "/components/schemas/Item/type"), "string");
    EXPECT_EQ(text_at(merged, "/components/schemas/Item_b/type"), "integer");
    EXPECT_EQ(text_at(merged, "/components/schemas/List/items/$ref"), "#/components/schemas/Item_b");
    EXPECT_EQ(text_at(merged, "/paths/~1b/get/schema/$ref"), "#/components/schemas/Item_b");
    EXPECT_EQ(text_at(merged, "/paths/~1b/get/oneOf/0/$ref"), "#/components/schemas/Problem");
}

}  // namespace
}  // namespace darkroom::gateway
