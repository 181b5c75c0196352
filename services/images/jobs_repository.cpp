#include "services/images/jobs_repository.hpp"

#include "events/image_processing_cancelled.hpp"
#include "events/image_processing_completed.hpp"
#include "events/image_processing_failed.hpp"
#include "events/image_processing_started.hpp"
#include "platform/bus/outbox.hpp"
#include "services/images/domain/errors.hpp"

namespace darkroom::images {

namespace {

/// The upload was deleted between being found and being processed.
constexpr std::array constraint_errors{pg::ConstraintError{"jobs_upload_id_fkey", &upload_not_found}};

constexpr pg::Query insert_job{"jobs.insert", R"sql(
    INSERT INTO images.jobs
        (id, upload_id, user_id, source_sha256, transformation_type, recipe, is_pipeline, status, correlation_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8)
    RETURNING *
)sql"};

constexpr pg::Query find_job{"jobs.find", R"sql(
    SELECT * FROM images.jobs WHERE id = $1 AND ($2::text IS NULL OR user_id = $2)
)sql"};

constexpr pg::Query lock_job{"jobs.lock", R"sql(
    SELECT * FROM images.jobs WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) FOR UPDATE
)sql"};

constexpr pg::Query list_of_upload{"jobs.of_upload", R"sql(
    SELECT * FROM images.jobs WHERE upload_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100
)sql"};

constexpr pg::Query find_newest_completed{"jobs.newest_completed", R"sql(
    SELECT * FROM images.jobs WHERE upload_id = $1 AND transformation_type = $2 AND status = 'completed'
    ORDER BY created_at DESC, id DESC LIMIT 1
)sql"};

constexpr pg::Query cancel_job{"jobs.cancel", R"sql(
    UPDATE images.jobs SET status = 'cancelled', lease_owner = NULL, lease_until = NULL, finished_at = now()
    WHERE id = $1 RETURNING *
)sql"};

constexpr pg::Query delete_of_upload{"jobs.delete_of_upload", "DELETE FROM images.jobs WHERE upload_id = $1 RETURNING *"};

constexpr pg::Query delete_finished{"jobs.delete_finished", R"sql(
    DELETE FROM images.jobs WHERE id IN (
        SELECT id FROM images.jobs WHERE finished_at < now() - $1::interval
        ORDER BY finished_at LIMIT 100 FOR UPDATE SKIP LOCKED
    ) RETURNING *
)sql"};

// LIMIT is a literal: with a parameter the planner cannot know that one row is enough. Materialized, or the subquery could be
// run again and lock more rows.
constexpr pg::Query take_job{"jobs.take", R"sql(
    WITH next AS MATERIALIZED (
        SELECT id FROM images.jobs
        WHERE (status = 'queued' AND available_at <= now()) OR (status = 'processing' AND lease_until < now())
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE images.jobs AS job
    SET status = 'processing', attempts = attempts + 1, lease_owner = $1, lease_until = now() + $2::interval,
        started_at = coalesce(started_at, now())
    FROM next WHERE job.id = next.id
    RETURNING job.*
)sql"};

constexpr pg::Query renew_leases{"jobs.renew", R"sql(
    UPDATE images.jobs SET lease_until = now() + $2::interval
    WHERE id = ANY($3::text[]) AND lease_owner = $1 AND status = 'processing' RETURNING id
)sql"};

constexpr pg::Query list_leased{"jobs.still_leased", R"sql(
    SELECT id FROM images.jobs WHERE id = ANY($2::text[]) AND lease_owner = $1 AND status = 'processing'
)sql"};

constexpr pg::Query release_leases{"jobs.release_all", R"sql(
    UPDATE images.jobs SET status = 'queued', lease_owner = NULL, lease_until = NULL
    WHERE lease_owner = $1 AND status = 'processing'
)sql"};

constexpr pg::Query update_progress{"jobs.set_progress", R"sql(
    UPDATE images.jobs SET progress = greatest(progress, $3)
    WHERE id = $1 AND attempts = $2 AND status = 'processing'
)sql"};

constexpr pg::Query lock_running{"jobs.lock_attempt", R"sql(
    SELECT id FROM images.jobs WHERE id = $1 AND attempts = $2 AND status = 'processing' FOR UPDATE
)sql"};

constexpr pg::Query complete_job{"jobs.complete", R"sql(
    UPDATE images.jobs
    SET status = 'completed', progress = 100, lease_owner = NULL, lease_until = NULL, finished_at = now(),
        engine = $2, result_sha256 = $3, result_size = $4, result_mime_type = $5, result_width = $6, result_height = $7
    WHERE id = $1 RETURNING *
)sql"};

constexpr pg::Query fail_job{"jobs.fail", R"sql(
    UPDATE images.jobs
    SET status = 'failed', lease_owner = NULL, lease_until = NULL, finished_at = now(), error_code = $3, error = $4
    WHERE id = $1 AND attempts = $2 AND status = 'processing' RETURNING *
)sql"};

constexpr pg::Query requeue_job{"jobs.retry", R"sql(
    UPDATE images.jobs
    SET status = 'queued', lease_owner = NULL, lease_until = NULL, crashes = $3, available_at = now() + $4::interval
    WHERE id = $1 AND attempts = $2 AND status = 'processing'
)sql"};

constexpr pg::Query find_equal_result{"jobs.find_result", R"sql(
    SELECT result_sha256 AS sha256, result_size AS size, result_mime_type AS mime_type, result_width AS width,
           result_height AS height
    FROM images.jobs
    WHERE source_sha256 = $1 AND md5(recipe) = md5($2) AND recipe = $2 AND engine = $3 AND status = 'completed'
    LIMIT 1
)sql"};

constexpr pg::Query count_waiting{"jobs.depth", R"sql(
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'processing') AS processing
    FROM images.jobs WHERE status IN ('queued', 'processing')
)sql"};

template <class Event>
Event event_of(const StoredJob& job) {
    Event event;
    event.processing_id = job.id.text();
    event.upload_id = job.upload_id.text();
    event.transformation_type = job.transformation_type;
    event.progress = job.progress;
    event.processing_time_ms = processing_time_ms(job);
    event.error = job.error;
    return event;
}

template <class Event>
awaitable<> append_event(pg::Transaction& transaction, const StoredJob& job, std::string correlation_id) {
    const bus::EventContext context{service_name, std::move(correlation_id), job.user_id.text()};
    co_await bus::outbox::append(transaction, event_of<Event>(job), context);
}

}  // namespace

awaitable<pg::Transaction> JobsRepository::begin() {
    return pool_.begin(constraint_errors);
}

awaitable<StoredJob> JobsRepository::create(pg::Transaction& transaction, const StoredUpload& upload, const NamedRecipe& named,
                                            std::string correlation_id) {
    return transaction.one<StoredJob>(insert_job, ProcessingId::create(), upload.id, upload.user_id, upload.sha256, named.name,
                                      named.recipe.canonical(), named.is_pipeline, correlation_id);
}

awaitable<std::optional<StoredJob>> JobsRepository::find(ProcessingId id, Visibility owner) {
    return pool_.maybe<StoredJob>(find_job, id, owner);
}

awaitable<std::vector<StoredJob>> JobsRepository::of_upload(UploadId upload) {
    return pool_.all<StoredJob>(list_of_upload, upload);
}

awaitable<std::optional<StoredJob>> JobsRepository::newest_completed(UploadId upload, std::string transformation_type) {
    return pool_.maybe<StoredJob>(find_newest_completed, upload, transformation_type);
}

awaitable<StoredJob> JobsRepository::cancel(ProcessingId id, Visibility owner, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    auto found = co_await transaction.maybe<StoredJob>(lock_job, id, owner);
    if (!found) darkroom::fail(processing_not_found());
    check_cancel(found->status).value();
    if (found->status == JobStatus::cancelled) co_return std::move(*found);
    auto job = co_await transaction.one<StoredJob>(cancel_job, id);
    co_await append_event<events::ImageProcessingCancelled>(transaction, job, std::move(correlation_id));
    co_await transaction.commit();
    co_return job;
}

awaitable<std::vector<StoredJob>> JobsRepository::remove_all(pg::Transaction& transaction, UploadId upload,
                                                             std::string correlation_id) {
    auto jobs = co_await transaction.all<StoredJob>(delete_of_upload, upload);
    for (const auto& job : jobs) {
        if (is_final(job.status)) continue;
        co_await append_event<events::ImageProcessingCancelled>(transaction, job, correlation_id);
    }
    co_return jobs;
}

awaitable<std::vector<StoredJob>> JobsRepository::remove_finished(pg::Transaction& transaction, Milliseconds age) {
    return transaction.all<StoredJob>(delete_finished, age);
}

awaitable<std::optional<StoredJob>> JobsRepository::take(const LeaseOptions& lease) {
    auto transaction = co_await pool_.begin();
    auto job = co_await transaction.maybe<StoredJob>(take_job, lease.owner, lease.length);
    if (!job) co_return std::nullopt;
    // Only the first attempt is a start: what a repetition does is nobody's business outside.
    if (job->attempts == 1) co_await append_event<events::ImageProcessingStarted>(transaction, *job, job->correlation_id);
    co_await transaction.commit();
    co_return job;
}

awaitable<std::vector<ProcessingId>> JobsRepository::renew(const LeaseOptions& lease, std::vector<ProcessingId> ids) {
    return pool_.all<ProcessingId>(renew_leases, lease.owner, lease.length, ids);
}

awaitable<std::vector<ProcessingId>> JobsRepository::still_leased(const LeaseOptions& lease, std::vector<ProcessingId> ids) {
    return pool_.all<ProcessingId>(list_leased, lease.owner, ids);
}

awaitable<std::int64_t> JobsRepository::release_all(std::string owner) {
    return pool_.execute(release_leases, owner);
}

awaitable<> JobsRepository::set_progress(StoredJob job, int percent) {
    co_await pool_.execute(update_progress, job.id, job.attempts, percent);
}

awaitable<bool> JobsRepository::lock_attempt(pg::Transaction& transaction, const StoredJob& job) {
    const auto found = co_await transaction.maybe<std::string>(lock_running, job.id, job.attempts);
    co_return found.has_value();
}

awaitable<> JobsRepository::complete(pg::Transaction& transaction, const StoredJob& job, JobResult result, std::string engine) {
    const auto completed = co_await transaction.one<StoredJob>(complete_job, job.id, engine, result.sha256, result.size,
                                                               result.mime_type, result.width, result.height);
    co_await append_event<events::ImageProcessingCompleted>(transaction, completed, job.correlation_id);
}

awaitable<bool> JobsRepository::fail(const StoredJob& job, std::string code, std::string message) {
    auto transaction = co_await pool_.begin();
    const auto failed = co_await transaction.maybe<StoredJob>(fail_job, job.id, job.attempts, code, message);
    if (!failed) co_return false;
    co_await append_event<events::ImageProcessingFailed>(transaction, *failed, job.correlation_id);
    co_await transaction.commit();
    co_return true;
}

awaitable<bool> JobsRepository::retry(const StoredJob& job, int crashes, Milliseconds delay) {
    const auto changed = co_await pool_.execute(requeue_job, job.id, job.attempts, crashes, delay);
    co_return changed == 1;
}

awaitable<std::optional<JobResult>> JobsRepository::find_result(const StoredJob& job, std::string engine) {
    return pool_.maybe<JobResult>(find_equal_result, job.source_sha256, job.recipe, engine);
}

awaitable<QueueDepth> JobsRepository::depth() {
    return pool_.one<QueueDepth>(count_waiting);
}

}  // namespace darkroom::images
