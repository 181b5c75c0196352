// What the archive of a user's data gets from here.
#include "services/notifications/export_repository.hpp"
#include "services/notifications/tests/instance.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications::tests {
namespace {

struct Row {
    std::string key;
    json::Value item;
};
BOOST_DESCRIBE_STRUCT(Row, (), (key, item))

awaitable<> everything_of_one(Stage& stage) {
    EventLog log;
    log.add_user_created("user-1");
    log.add_user_created("user-2");
    auto& instance = stage.add_running_instance(log);
    testing::require(co_await instance.consumer().catch_up(10s), "caught up");
    co_await instance.call(http::Verb::put, "/notifications/preferences", "user:user-1:user",
                           R"({"welcome":{"in_app":true,"email":true}})");

    std::map<std::string, std::vector<Row>> sections;
    for (const auto& [name, query] : export_sections()) {
        sections[std::string(name)] = co_await instance.pool().all<Row>(query, "user-1", "", 10);
        for (const auto& row : sections[std::string(name)]) {
            const auto rest = co_await instance.pool().all<Row>(query, "user-1", row.key, 10);
            EXPECT_LT(rest.size(), sections[std::string(name)].size()) << name;
            EXPECT_EQ(json::serialize(row.item).find("user-2"), std::string::npos) << name;
        }
    }

    EXPECT_EQ(sections.at("notifications").size(), 1U);
    EXPECT_EQ(sections.at("preferences").size(), 1U);
    EXPECT_EQ(sections.at("recipient").size(), 1U);
    EXPECT_TRUE(sections.contains("deliveries"));
}

TEST(Export, HasEverythingOfOneUser) {
    play(everything_of_one);
}

}  // namespace
}  // namespace darkroom::notifications::tests
