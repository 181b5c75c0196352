// Takes processings from the queue and has them done: leased, fenced, repeated after a crash, called off within milliseconds.
#pragma once

#include "platform/redis/client.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/images/file_collector.hpp"
#include "services/images/image_worker.hpp"
#include "services/images/jobs_repository.hpp"
#include "services/images/usage_repository.hpp"

#include <map>

namespace darkroom::images {

struct RunnerOptions {
    LeaseOptions lease;
    /// Jobs at a time.
    std::size_t lanes = 2;
    RetryPolicy retry{};
    /// A wake-up can be lost: the queue is looked at this often anyway.
    Milliseconds poll = 2s;
    Milliseconds renew_interval = 3s;
    /// Progress is told no more often.
    Milliseconds progress_interval = 100ms;
};

/// What a runner works with; all of it outlives the runner.
struct RunnerParts {
    Runtime& runtime;
    pg::Pool& pool;
    UploadsRepository& uploads;
    JobsRepository& jobs;
    UsageRepository& usage;
    FilesRepository& files;
    FileStore& store;
    ImageWorker& worker;
    redis::Client& redis;
    telemetry::Metrics& metrics;
    /// Notified when there may be something to take, or something of ours was called off.
    Notifier& wake;
};

class JobRunner {
public:
    JobRunner(RunnerParts parts, RunnerOptions options);
    JobRunner(const JobRunner&) = delete;
    JobRunner& operator=(const JobRunner&) = delete;

    /// Spawns its tasks, after giving back what a predecessor in this instance's place left behind.
    void start();
    /// Cancels the tasks, which kills the jobs, and gives their leases back.
    awaitable<> stop();
    /// The job was called off or deleted: its process is killed now rather than at the next look.
    void call_off(const ProcessingId& id);
    std::size_t running() const { return running_.size(); }

private:
    struct Running {
        ImageWorker::JobNumber number = 0;
        bool called_off = false;
    };

    awaitable<> run();
    awaitable<> run_lane();
    awaitable<> keep_leases();
    awaitable<> watch_for_cancellations();

    // Steps: they may fail and are repeated; the result says whether there was something to do.
    awaitable<bool> adopt_leases();
    awaitable<bool> take_and_run();
    awaitable<bool> give_back(StoredJob job);
    awaitable<bool> check_leases(bool renew);
    awaitable<bool> run_job(StoredJob job);

    awaitable<> render(StoredJob job, std::string engine);
    awaitable<std::optional<Descriptor>> open_overlay(std::string upload_id);
    awaitable<> settle(StoredJob job, JobOutcome outcome, std::string engine);
    awaitable<> store_result(StoredJob job, Rendered rendered, std::string engine);
    awaitable<Result<void>> publish_result(StoredJob job, const IncomingFile& file, JobResult result, std::string engine);
    awaitable<bool> reuse_result(StoredJob job, std::string engine);
    /// What the owner's quota says to a result.
    awaitable<Result<void>> charge(pg::Transaction& transaction, const StoredJob& job, std::int64_t bytes);
    awaitable<> refuse(StoredJob job, std::string code, std::string message);
    awaitable<> try_again(StoredJob job, int crashes, std::string reason);
    void tell_progress(const StoredJob& job, int percent);
    void count(std::string_view outcome);

    RunnerParts parts_;
    RunnerOptions options_;
    TaskGroup tasks_;
    std::map<ProcessingId, Running> running_;
};

}  // namespace darkroom::images
