// Taking uploads in and throwing them away: what has to do with the disk, the worker and the database at once.
#pragma once

#include "platform/http/context.hpp"
#include "services/images/file_collector.hpp"
#include "services/images/image_worker.hpp"
#include "services/images/job_runner.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

struct UploadsParts {
    pg::Pool& pool;
    UploadsRepository& uploads;
    JobsRepository& jobs;
    FilesRepository& files;
    FileStore& store;
    FileCollector& collector;
    ImageWorker& worker;
    JobRunner& runner;
};

class Uploads {
public:
    Uploads(UploadsParts parts, std::int64_t max_bytes) : parts_(parts), max_bytes_(max_bytes) {}

    /// Reads the multipart body of `context` to its end and stores the file. `named_user` is ?user_id=, which a form field of
    /// that name may stand for. Whatever is refused leaves nothing on disk.
    awaitable<StoredUpload> receive(http::Context& context, std::optional<UserId> named_user);
    /// The upload, its jobs (running ones are killed) and every file nobody else refers to. Fails with upload_not_found.
    awaitable<> remove(UploadId id, Visibility owner, std::string correlation_id);
    /// All uploads of a user, within a transaction of the caller's; the files go with the collector's next round.
    awaitable<> remove_all(pg::Transaction& transaction, UserId user, std::string correlation_id);

private:
    /// Digests that lost a reference.
    awaitable<std::vector<std::string>> remove_rows(pg::Transaction& transaction, StoredUpload upload,
                                                    std::string correlation_id);

    UploadsParts parts_;
    std::int64_t max_bytes_;
};

}  // namespace darkroom::images
