// How many notifications a user has, what became of them on each channel, and how long they took.
#pragma once

#include "services/notifications/domain/notification.hpp"

#include <map>
#include <span>
#include <string>

namespace darkroom::notifications {

enum class Channel { in_app, email };
BOOST_DESCRIBE_ENUM(Channel, in_app, email)

/// By the state they are in now: what was sent and then read counts as read. Mail is never known to be read.
struct StatusCounts {
    std::int64_t pending = 0;
    std::int64_t sent = 0;
    std::int64_t read = 0;
    std::int64_t failed = 0;

    StatusCounts& operator+=(const StatusCounts& other);
};
BOOST_DESCRIBE_STRUCT(StatusCounts, (), (pending, sent, read, failed))

/// From created to sent, of what was sent in the last 24 hours; the times are absent when nothing was.
struct DeliveryLatency {
    std::int64_t deliveries = 0;
    std::optional<std::int64_t> median_ms;
    std::optional<std::int64_t> p95_ms;
};
BOOST_DESCRIBE_STRUCT(DeliveryLatency, (), (deliveries, median_ms, p95_ms))

struct ChannelStatistics {
    StatusCounts by_status;
    std::map<std::string, StatusCounts> by_type;
    DeliveryLatency latency;
};
BOOST_DESCRIBE_STRUCT(ChannelStatistics, (), (by_status, by_type, latency))

/// `total`, `unread`, `by_status` and `by_type` are about what is in the app.
struct Statistics {
    std::int64_t total = 0;
    std::int64_t unread = 0;
    StatusCounts by_status;
    std::map<std::string, std::int64_t> by_type;
    std::map<std::string, ChannelStatistics> by_channel;
};
BOOST_DESCRIBE_STRUCT(Statistics, (), (total, unread, by_status, by_type, by_channel))

/// What the tables say of one channel and type.
struct StatusCountsRow : StatusCounts {
    Channel channel{};
    NotificationType type{};
};
BOOST_DESCRIBE_STRUCT(StatusCountsRow, (StatusCounts), (channel, type))

struct DeliveryLatencyRow : DeliveryLatency {
    Channel channel{};
};
BOOST_DESCRIBE_STRUCT(DeliveryLatencyRow, (DeliveryLatency), (channel))

/// Every channel, type and status, with zeros where there is nothing.
Statistics statistics_of(std::span<const StatusCountsRow> counts, std::span<const DeliveryLatencyRow> latencies);

}  // namespace darkroom::notifications
