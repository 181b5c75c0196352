#include "platform/core/environment.hpp"

#include <gtest/gtest.h>

#include <map>

namespace darkroom {
namespace {

Environment with(std::map<std::string, std::string> variables) {
    return Environment([variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string(name));
        if (found == variables.end()) return std::nullopt;
        return found->second;
    });
}

TEST(Environment, ReportsEveryProblemAtOnce) {
    auto environment = with({{"PORT", "80000"}, {"ON", "perhaps"}, {"WAIT", "5x"}});

    environment.integer("PORT", 8000, 1, 65535, "port");
    environment.flag("ON", true, "flag");
    environment.duration("WAIT", 1s, "wait");
    environment.required_text("URL", "url");

    try {
        environment.finish();
        FAIL() << "four problems were noted";
    } catch (const ConfigurationError& error) {
        EXPECT_EQ(std::string(error.what()),
                  "PORT: must be a whole number from 1 to 65535, is \"80000\"\n"
                  "ON: must be true or false, is \"perhaps\"\n"
                  "WAIT: must be a duration such as 500ms, 30s or 15m, is \"5x\"\n"
                  "URL: is required");
    }
}

TEST(Environment, ReadsDurationsWithUnits) {
    auto environment = with({{"A", "250ms"}, {"B", "15m"}, {"C", "30"}, {"D", "30d"}});

    EXPECT_EQ(environment.duration("A", 0s, ""), 250ms);
    EXPECT_EQ(environment.duration("B", 0s, ""), 15min);
    EXPECT_EQ(environment.duration("C", 0s, ""), 30s);
    EXPECT_EQ(environment.duration("D", 0s, ""), std::chrono::days{30});
    EXPECT_NO_THROW(environment.finish());
}

TEST(Environment, NamesAnUnreadableSecretFile) {
    auto environment = with({{"TOKEN_FILE", "/nonexistent/token"}});

    environment.required_secret("TOKEN", "token");

    EXPECT_THROW(environment.finish(), ConfigurationError);
}

}  // namespace
}  // namespace darkroom
