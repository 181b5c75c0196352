#include "services/notifications/domain/statistics.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications {
namespace {

StatusCountsRow row_of(Channel channel, NotificationType type, StatusCounts counts) {
    StatusCountsRow row;
    static_cast<StatusCounts&>(row) = counts;
    row.channel = channel;
    row.type = type;
    return row;
}

TEST(Statistics, AddUpPerChannelAndTheTotalsAreThoseOfTheApp) {
    const std::vector<StatusCountsRow> rows{
        row_of(Channel::in_app, NotificationType::welcome, {.pending = 1, .sent = 2, .read = 3, .failed = 4}),
        row_of(Channel::in_app, NotificationType::login, {.sent = 5}),
        row_of(Channel::email, NotificationType::login, {.sent = 7, .failed = 1}),
    };

    const auto statistics = statistics_of(rows, {});

    EXPECT_EQ(statistics.total, 15);
    EXPECT_EQ(statistics.unread, 12);
    EXPECT_EQ(statistics.by_status.sent, 7);
    EXPECT_EQ(statistics.by_type.at("welcome"), 10);
    EXPECT_EQ(statistics.by_channel.at("in_app").by_type.at("login").sent, 5);
    EXPECT_EQ(statistics.by_channel.at("email").by_status.sent, 7);
    EXPECT_EQ(statistics.by_channel.at("email").by_type.at("login").failed, 1);
}

TEST(Statistics, OfNothingNameEveryChannelAndType) {
    const auto statistics = statistics_of({}, {});

    EXPECT_EQ(statistics.by_type.at("quota_warning"), 0);
    for (const auto* channel : {"in_app", "email"}) {
        EXPECT_EQ(statistics.by_channel.at(channel).by_type.at("broadcast").sent, 0);
        EXPECT_EQ(statistics.by_channel.at(channel).latency.deliveries, 0);
        EXPECT_FALSE(statistics.by_channel.at(channel).latency.median_ms);
    }
}

}  // namespace
}  // namespace darkroom::notifications
