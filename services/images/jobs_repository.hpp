// images.jobs: the queue and the record of processings. Every change of status is in one transaction with its event.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/images/domain/recipe.hpp"
#include "services/images/domain/records.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

struct JobResult {
    std::string sha256;
    std::int64_t size = 0;
    std::string mime_type;
    int width = 0;
    int height = 0;
};
BOOST_DESCRIBE_STRUCT(JobResult, (), (sha256, size, mime_type, width, height))

/// What the queue looks like to everybody; for metrics.
struct QueueDepth {
    std::int64_t queued = 0;
    std::int64_t processing = 0;
};
BOOST_DESCRIBE_STRUCT(QueueDepth, (), (queued, processing))

struct LeaseOptions {
    /// Who holds it: FileStore::instance().
    std::string owner;
    Milliseconds length = 10s;
};

class JobsRepository {
public:
    explicit JobsRepository(pg::Pool& pool) : pool_(pool) {}

    // What people ask for.

    /// A transaction for `create`.
    awaitable<pg::Transaction> begin();
    /// Fails with upload_not_found when the upload is gone.
    awaitable<StoredJob> create(pg::Transaction& transaction, const StoredUpload& upload, const NamedRecipe& recipe,
                                std::string correlation_id);
    awaitable<std::optional<StoredJob>> find(ProcessingId id, Visibility owner);
    /// Newest first, at most 100.
    awaitable<std::vector<StoredJob>> of_upload(UploadId upload);
    awaitable<std::optional<StoredJob>> newest_completed(UploadId upload, std::string transformation_type);
    /// Fails with processing_finished when it is too late. Nothing changes when it is cancelled already.
    awaitable<StoredJob> cancel(ProcessingId id, Visibility owner, std::string correlation_id);
    /// All jobs of an upload that is being deleted; what had not ended is cancelled. Returns what they were.
    awaitable<std::vector<StoredJob>> remove_all(pg::Transaction& transaction, UploadId upload, std::string correlation_id);
    /// Some of those that ended longer ago than `age`, whichever way; those that another instance is removing are left out.
    awaitable<std::vector<StoredJob>> remove_finished(pg::Transaction& transaction, Milliseconds age);

    // What workers ask for. `attempts` of the given job is the fence: false or nullopt when the lease was lost.

    /// The oldest job that is due, or whose lease has run out.
    awaitable<std::optional<StoredJob>> take(const LeaseOptions& lease);
    /// Those of `ids` that are still leased by the owner; the leases are renewed.
    awaitable<std::vector<ProcessingId>> renew(const LeaseOptions& lease, std::vector<ProcessingId> ids);
    /// The same without renewing.
    awaitable<std::vector<ProcessingId>> still_leased(const LeaseOptions& lease, std::vector<ProcessingId> ids);
    /// Leases of an instance that is no more, or is about to be no more, go back to the queue.
    awaitable<std::int64_t> release_all(std::string owner);
    awaitable<> set_progress(StoredJob job, int percent);
    /// Locks the row for `complete`. Jobs are always locked before files.
    awaitable<bool> lock_attempt(pg::Transaction& transaction, const StoredJob& job);
    awaitable<> complete(pg::Transaction& transaction, const StoredJob& job, JobResult result, std::string engine);
    awaitable<bool> fail(const StoredJob& job, std::string code, std::string message);
    awaitable<bool> retry(const StoredJob& job, int crashes, Milliseconds delay);
    /// The result of an equal job.
    awaitable<std::optional<JobResult>> find_result(const StoredJob& job, std::string engine);
    awaitable<QueueDepth> depth();

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::images
