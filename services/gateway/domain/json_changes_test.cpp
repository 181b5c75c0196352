#include "services/gateway/domain/json_changes.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

std::string applied(const JsonChanges& changes, std::string_view text) {
    const auto changed = changes.apply(text);
    return changed ? *changed : std::string(changed.error().code);
}

TEST(JsonChanges, LeaveWhatNoRuleNamesByteForByte) {
    JsonChanges changes;
    changes.remove("secret").value();

    EXPECT_EQ(applied(changes, R"( {"b": 1.50, "secret": {"x": "}"}, "a": [1e3, "\u00e9\"]"], "c":12345678901234567890123} )"),
              R"({"b":1.50,"a":[1e3, "\u00e9\"]"],"c":12345678901234567890123})");
}

TEST(JsonChanges, SetReplacesAddsAndMakesTheObjectsOnTheWay) {
    JsonChanges changes;
    changes.set("source", R"("gateway")").value();
    changes.set("options.format", R"("webp")").value();
    changes.set("limits.most", "[1,2]").value();

    EXPECT_EQ(applied(changes, R"({"source":null,"options":{"quality":5}})"),
              R"({"source":"gateway","options":{"quality":5,"format":"webp"},"limits":{"most":[1,2]}})");
    EXPECT_EQ(applied(changes, "{}"), R"({"limits":{"most":[1,2]},"options":{"format":"webp"},"source":"gateway"})");
}

TEST(JsonChanges, RenameKeepsThePlaceAndTheValue) {
    JsonChanges changes;
    changes.rename("user_name", "username").value();
    changes.rename("data.when", "created_at").value();

    EXPECT_EQ(applied(changes, R"({"user_name":"ada","data":{"when":1,"x":2}})"),
              R"({"username":"ada","data":{"created_at":1,"x":2}})");
    EXPECT_EQ(applied(changes, R"({"username":"old","user_name":"ada"})"), R"({"username":"ada"})") << "no name twice";
    EXPECT_EQ(applied(changes, R"({"username":"old"})"), R"({"username":"old"})");
}

TEST(JsonChanges, ReachEveryElementOfAnArray) {
    JsonChanges changes;
    changes.remove("data.users[].email").value();
    changes.set("tags[]", "0").value();

    EXPECT_EQ(applied(changes, R"({"data":{"users":[{"id":1,"email":"a"},{"email":"b"},7]},"tags":["x",{"y":[]}]})"),
              R"({"data":{"users":[{"id":1},{},7]},"tags":[0,0]})");
    EXPECT_EQ(applied(changes, R"({"data":{"users":{"email":"kept"}},"tags":[]})"),
              R"({"data":{"users":{"email":"kept"}},"tags":[]})");
}

TEST(JsonChanges, FindAKeyHoweverItIsSpelled) {
    JsonChanges changes;
    changes.remove("role").value();

    EXPECT_EQ(applied(changes, R"({"\u0072ole":"admin","name":"ada"})"), R"({"name":"ada"})");
}

TEST(JsonChanges, RefuseWhatIsNoJsonOrSaysThingsTwice) {
    JsonChanges changes;
    changes.remove("role").value();

    EXPECT_EQ(applied(changes, R"({"role":)"), "invalid_json");
    EXPECT_EQ(applied(changes, R"({"role":1,"role":2})"), "invalid_json");
    EXPECT_EQ(applied(changes, R"({"a":1}, {"role":2})"), "invalid_json");
    EXPECT_EQ(applied(changes, "[1,2]"), "[1,2]");
}

TEST(JsonChanges, RefusePathsThatLeadNowhere) {
    for (const auto* path : {"", ".a", "a.", "a..b", "a[0]", "[]", "a[][]"}) {
        JsonChanges changes;
        EXPECT_TRUE(changes.set(path, "1").has_error()) << path;
    }
    JsonChanges changes;
    EXPECT_TRUE(changes.remove("a[]").has_error());
    EXPECT_TRUE(changes.rename("a", "").has_error());
}

TEST(JsonChanges, ConcernJsonOnly) {
    EXPECT_TRUE(is_json("application/json"));
    EXPECT_TRUE(is_json("Application/JSON; charset=utf-8"));
    EXPECT_TRUE(is_json("application/problem+json"));
    EXPECT_FALSE(is_json("text/event-stream"));
    EXPECT_FALSE(is_json("application/jsonp"));
    EXPECT_FALSE(is_json(""));
}

}  // namespace
}  // namespace darkroom::gateway
