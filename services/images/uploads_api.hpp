// /images: uploads.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/images/downloads.hpp"
#include "services/images/statistics_repository.hpp"
#include "services/images/uploads.hpp"
#include "services/images/views.hpp"

namespace darkroom::images {

struct UploadPath {
    UploadId upload_id;
};
BOOST_DESCRIBE_STRUCT(UploadPath, (), (upload_id))

struct UploadQuery {
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(UploadQuery, (), (user_id))

struct UploadListQuery {
    std::optional<std::string> q;
    std::optional<std::string> mime_type;
    std::optional<UploadSort> sort;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(UploadListQuery, (), (q, mime_type, sort, page, size, user_id))

struct StatsQuery {
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(StatsQuery, (), (user_id))

struct Storage {
    std::int64_t used_bytes = 0;
    /// null: no bound.
    Quota limit_bytes;
};
BOOST_DESCRIBE_STRUCT(Storage, (), (used_bytes, limit_bytes))

struct JobCounts {
    std::int64_t queued = 0;
    std::int64_t processing = 0;
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
};
BOOST_DESCRIBE_STRUCT(JobCounts, (), (queued, processing, completed, failed, cancelled))

struct ImageStats {
    std::int64_t total_uploads = 0;
    std::int64_t total_processings = 0;
    JobCounts jobs_by_status;
    /// Originals and results, each counted as often as it is referred to.
    std::int64_t bytes_stored = 0;
    /// What the quota counts: the same, of one user or of everybody.
    Storage storage;
};
BOOST_DESCRIBE_STRUCT(ImageStats, (), (total_uploads, total_processings, jobs_by_status, bytes_stored, storage))

class UploadsApi {
public:
    UploadsApi(Uploads& uploads, UploadsRepository& repository, JobsRepository& jobs, UsageRepository& usage,
               StatisticsRepository& statistics, Downloads& downloads, Quotas quotas)
        : uploads_(uploads),
          repository_(repository),
          jobs_(jobs),
          usage_(usage),
          statistics_(statistics),
          downloads_(downloads),
          quotas_(quotas) {}

    static const http::Endpoints<UploadsApi>& endpoints();

private:
    awaitable<http::Ok<Upload>> upload_image(http::Context& context, http::Query<UploadQuery> query);
    awaitable<http::Ok<UploadPage>> list_uploads(http::Context& context, http::Query<UploadListQuery> query);
    awaitable<http::Ok<UploadDetail>> read_upload(http::Context& context, http::Path<UploadPath> path);
    awaitable<http::Ok<UploadState>> read_status(http::Context& context, http::Path<UploadPath> path);
    awaitable<http::Ok<>> delete_upload(http::Context& context, http::Path<UploadPath> path);
    awaitable<http::Response> download_original(http::Context& context, http::Path<UploadPath> path);
    awaitable<http::Ok<ImageStats>> read_stats(http::Context& context, http::Query<StatsQuery> query);

    awaitable<Storage> storage_of(const auth::Caller& caller, Visibility owner);

    Uploads& uploads_;
    UploadsRepository& repository_;
    JobsRepository& jobs_;
    UsageRepository& usage_;
    StatisticsRepository& statistics_;
    Downloads& downloads_;
    Quotas quotas_;
};

}  // namespace darkroom::images
