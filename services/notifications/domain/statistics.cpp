#include "services/notifications/domain/statistics.hpp"

namespace darkroom::notifications {

namespace {

std::int64_t total_of(const StatusCounts& counts) {
    return counts.pending + counts.sent + counts.read + counts.failed;
}

}  // namespace

StatusCounts& StatusCounts::operator+=(const StatusCounts& other) {
    pending += other.pending;
    sent += other.sent;
    read += other.read;
    failed += other.failed;
    return *this;
}

Statistics statistics_of(std::span<const StatusCountsRow> counts, std::span<const DeliveryLatencyRow> latencies) {
    Statistics statistics;
    for (const auto channel : json::enum_names<Channel>()) {
        auto& empty = statistics.by_channel[std::string(channel)];
        for (const auto type : json::enum_names<NotificationType>()) empty.by_type[std::string(type)] = {};
    }
    for (const auto& row : counts) {
        auto& channel = statistics.by_channel[std::string(json::enum_text(row.channel))];
        channel.by_status += row;
        channel.by_type[std::string(json::enum_text(row.type))] += row;
    }
    for (const auto& row : latencies) {
        statistics.by_channel[std::string(json::enum_text(row.channel))].latency = static_cast<const DeliveryLatency&>(row);
    }

    const auto& in_app = statistics.by_channel["in_app"];
    statistics.by_status = in_app.by_status;
    statistics.total = total_of(in_app.by_status);
    statistics.unread = statistics.total - in_app.by_status.read;
    for (const auto& [type, of_type] : in_app.by_type) statistics.by_type[type] = total_of(of_type);
    return statistics;
}

}  // namespace darkroom::notifications
