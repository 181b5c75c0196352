#include "services/notifications/statistics_repository.hpp"

namespace darkroom::notifications {

namespace {

constexpr pg::Query count_by_channel{"notifications.count_by_channel", R"sql(
    SELECT 'in_app' AS channel, type,
           count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status = 'sent') AS sent,
           count(*) FILTER (WHERE status = 'read') AS read,
           count(*) FILTER (WHERE status = 'failed') AS failed
    FROM notifications.notifications WHERE user_id = $1 GROUP BY type
    UNION ALL
    SELECT 'email', template,
           count(*) FILTER (WHERE status = 'pending'),
           count(*) FILTER (WHERE status = 'sent'),
           0,
           count(*) FILTER (WHERE status = 'failed')
    FROM notifications.mails WHERE user_id = $1 AND urgency > 0 GROUP BY template
)sql"};

// The newest 10,000 of each channel are enough for a percentile, and a bound on what is read and sorted.
constexpr pg::Query measure_latency{"notifications.latency", R"sql(
    WITH recent AS (
        (SELECT 'in_app' AS channel, sent_at - created_at AS took
         FROM notifications.notifications WHERE user_id = $1 AND sent_at > now() - interval '24 hours'
         ORDER BY sent_at DESC LIMIT 10000)
        UNION ALL
        (SELECT 'email', settled_at - created_at
         FROM notifications.mails
         WHERE user_id = $1 AND urgency > 0 AND status = 'sent' AND settled_at > now() - interval '24 hours'
         ORDER BY settled_at DESC LIMIT 10000)
    )
    SELECT channel, count(*) AS deliveries,
           round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took)) * 1000)::bigint AS median_ms,
           round(extract(epoch FROM percentile_cont(0.95) WITHIN GROUP (ORDER BY took)) * 1000)::bigint AS p95_ms
    FROM recent GROUP BY channel
)sql"};

}  // namespace

awaitable<Statistics> StatisticsRepository::of(UserId user) {
    const auto counts = co_await pool_.all<StatusCountsRow>(count_by_channel, user);
    const auto latencies = co_await pool_.all<DeliveryLatencyRow>(measure_latency, user);
    co_return statistics_of(counts, latencies);
}

}  // namespace darkroom::notifications
