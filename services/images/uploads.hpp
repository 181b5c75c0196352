// Taking uploads in and throwing them away: what has to do with the disk, the worker and the database at once.
#pragma once

#include "platform/http/context.hpp"
#include "services/images/file_collector.hpp"
#include "services/images/idempotency_repository.hpp"
#include "services/images/image_worker.hpp"
#include "services/images/job_runner.hpp"
#include "services/images/uploads_repository.hpp"
#include "services/images/usage_repository.hpp"
#include "services/images/views.hpp"

namespace darkroom::images {

struct UploadsParts {
    pg::Pool& pool;
    UploadsRepository& uploads;
    JobsRepository& jobs;
    FilesRepository& files;
    UsageRepository& usage;
    IdempotencyRepository& idempotency;
    FileStore& store;
    FileCollector& collector;
    ImageWorker& worker;
    JobRunner& runner;
};

struct UploadsOptions {
    std::int64_t max_bytes = 0;
    Quotas quotas{};
};

class Uploads {
public:
    Uploads(UploadsParts parts, UploadsOptions options) : parts_(parts), options_(options) {}

    /// Reads the multipart body of `context` to its end and stores the file. `named_user` is ?user_id=, which a form field of
    /// that name may stand for. Whatever is refused leaves nothing on disk. With an Idempotency-Key an equal request gets the
    /// first one's answer. Fails with quota_exceeded, among others.
    awaitable<Upload> receive(http::Context& context, std::optional<UserId> named_user);
    /// The upload, its jobs (running ones are killed) and every file nobody else refers to. Fails with upload_not_found.
    awaitable<> remove(UploadId id, Visibility owner, std::string correlation_id);
    /// The same, for an upload that may be gone by now; false when it is.
    awaitable<bool> remove_if_there(UploadId id, Visibility owner, std::string correlation_id);
    /// All uploads of a user, within a transaction of the caller's; the files go with the collector's next round.
    awaitable<> remove_all(pg::Transaction& transaction, UserId user, std::string correlation_id);

private:
    struct Received;

    awaitable<> check_room(http::Context& context);
    awaitable<StoredUpload> store(pg::Transaction& transaction, http::Context& context, const Received& received);
    /// Locked uploads. Returns digests that lost a reference.
    awaitable<std::vector<std::string>> remove_rows(pg::Transaction& transaction, std::vector<StoredUpload> uploads,
                                                    std::string correlation_id);

    UploadsParts parts_;
    UploadsOptions options_;
};

}  // namespace darkroom::images
