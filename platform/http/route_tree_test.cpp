#include "platform/http/route_tree.hpp"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

RouteTree<std::string> a_tree() {
    RouteTree<std::string> tree;
    for (const auto* pattern :
         {"/", "/users", "/users/me", "/users/{id}", "/users/{id}/role", "/images/{upload_id}/download/{name}"}) {
        tree.insert(pattern) = pattern;
    }
    return tree;
}

std::string match(std::string_view path) {
    std::vector<QueryParameter> parameters;
    const auto tree = a_tree();
    const auto* found = tree.find(path, parameters);
    std::string text = found == nullptr ? "-" : *found;
    for (const auto& [name, value] : parameters) text += ' ' + name + '=' + value;
    return text;
}

TEST(RouteTree, PrefersStaticSegments) {
    EXPECT_EQ(match("/users/me"), "/users/me");
    EXPECT_EQ(match("/users/ann"), "/users/{id} id=ann");
}

TEST(RouteTree, FallsBackToAParameterWhenTheStaticBranchEnds) {
    EXPECT_EQ(match("/users/me/role"), "/users/{id}/role id=me");
}

TEST(RouteTree, CollectsEveryParameter) {
    EXPECT_EQ(match("/images/7/download/resize"), "/images/{upload_id}/download/{name} upload_id=7 name=resize");
}

TEST(RouteTree, MatchesWholePathsOnly) {
    EXPECT_EQ(match("/"), "/");
    EXPECT_EQ(match("/users/"), "-");
    EXPECT_EQ(match("/users/me/"), "-");
    EXPECT_EQ(match("/images/7/download"), "-");
    EXPECT_EQ(match("/nothing"), "-");
}

}  // namespace
}  // namespace darkroom::http
