#include "platform/bus/consumer_report.hpp"

#include <gtest/gtest.h>

namespace darkroom::bus {
namespace {

TEST(RouteRules, TheMostSpecificOneDecides) {
    const std::vector<RouteRule> rules{{"*", RouteAction::pause},
                                       {"image.*", RouteAction::exclude},
                                       {"image.processing.*", RouteAction::deliver},
                                       {"image.uploaded", RouteAction::pause}};

    EXPECT_EQ(action_for(rules, "user.created"), RouteAction::pause);
    EXPECT_EQ(action_for(rules, "image.deleted"), RouteAction::exclude);
    EXPECT_EQ(action_for(rules, "image.processing.completed"), RouteAction::deliver);
    EXPECT_EQ(action_for(rules, "image.uploaded"), RouteAction::pause);
    EXPECT_EQ(action_for(rules, "imagesque.thing"), RouteAction::pause);
    EXPECT_EQ(action_for({}, "image.uploaded"), RouteAction::deliver);
}

}  // namespace
}  // namespace darkroom::bus
