#include "services/images/statistics_repository.hpp"

namespace darkroom::images {

namespace {

constexpr pg::Query sum_uploads{"uploads.totals", R"sql(
    SELECT count(*) AS uploads, coalesce(sum(file_size), 0)::bigint AS bytes
    FROM images.uploads WHERE $1::text IS NULL OR user_id = $1
)sql"};

constexpr pg::Query sum_jobs{"jobs.totals", R"sql(
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
           count(*) FILTER (WHERE status = 'processing') AS processing,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
           coalesce(sum(result_size), 0)::bigint AS bytes
    FROM images.jobs WHERE $1::text IS NULL OR user_id = $1
)sql"};

}  // namespace

awaitable<UploadTotals> StatisticsRepository::uploads(Visibility owner) {
    return reads_.one<UploadTotals>(sum_uploads, owner);
}

awaitable<JobTotals> StatisticsRepository::jobs(Visibility owner) {
    return reads_.one<JobTotals>(sum_jobs, owner);
}

}  // namespace darkroom::images
