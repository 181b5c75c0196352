// Putting jobs into the queue: whether the caller may, and whether it was asked for before.
#pragma once

#include "platform/http/context.hpp"
#include "services/images/idempotency_repository.hpp"
#include "services/images/jobs_repository.hpp"
#include "services/images/usage_repository.hpp"
#include "services/images/views.hpp"

namespace darkroom::images {

struct ProcessingsParts {
    UploadsRepository& uploads;
    JobsRepository& jobs;
    UsageRepository& usage;
    IdempotencyRepository& idempotency;
};

class Processings {
public:
    Processings(ProcessingsParts parts, Quotas quotas) : parts_(parts), quotas_(quotas) {}

    /// Queues a job. With an Idempotency-Key an equal request gets the first one's answer. Fails with upload_not_found, also
    /// for a watermark's upload, and with quota_exceeded when nothing more may be stored.
    awaitable<Processing> submit(http::Context& context, UploadId upload, NamedRecipe recipe);

private:
    awaitable<StoredUpload> find_visible(http::Context& context, UploadId id);
    awaitable<> check_room(http::Context& context, UserId owner);

    ProcessingsParts parts_;
    Quotas quotas_;
};

}  // namespace darkroom::images
