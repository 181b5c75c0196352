// Sums for GET /images/stats. From a replica where there is one, so up to two seconds old.
#pragma once

#include "platform/pg/reads.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

struct UploadTotals {
    std::int64_t uploads = 0;
    /// Of the originals, as uploaded.
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(UploadTotals, (), (uploads, bytes))

struct JobTotals {
    std::int64_t queued = 0;
    std::int64_t processing = 0;
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    /// Of the results.
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(JobTotals, (), (queued, processing, completed, failed, cancelled, bytes))

class StatisticsRepository {
public:
    explicit StatisticsRepository(pg::Reads& reads) : reads_(reads) {}

    awaitable<UploadTotals> uploads(Visibility owner);
    awaitable<JobTotals> jobs(Visibility owner);

private:
    pg::Reads& reads_;
};

}  // namespace darkroom::images
