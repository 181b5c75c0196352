#include "services/images/job_runner.hpp"

#include "events/image_processing_progress.hpp"
#include "platform/bus/consumer.hpp"
#include "platform/core/log.hpp"
#include "services/images/input_bundle.hpp"

#include <algorithm>

namespace darkroom::images {

namespace {

constexpr Milliseconds pause_after_failure = 1s;

/// A loop of the runner goes on whatever happens in a step of it, but for its own cancellation. nullopt after a failure.
awaitable<std::optional<bool>> attempt(std::string_view what, awaitable<bool> step) {
    std::string cause;
    try {
        const bool result = co_await std::move(step);
        co_return result;
    } catch (const boost::system::system_error& error) {
        if (error.code() == net::error::operation_aborted) throw;
        cause = error.what();
    } catch (const std::exception& error) {
        cause = error.what();
    }
    log::warning("image jobs: a step failed", {{"step", what}, {"error", cause}});
    co_await pause_for(pause_after_failure);
    co_return std::nullopt;
}

}  // namespace

JobRunner::JobRunner(RunnerParts parts, RunnerOptions options)
    : parts_(parts), options_(std::move(options)), tasks_(parts.runtime.executor()) {}

void JobRunner::start() {
    tasks_.spawn("image runner", run());
}

awaitable<> JobRunner::run() {
    // Before the first job is taken: the name on a predecessor's leases is ours, too.
    for (std::optional<bool> adopted; !adopted;) adopted = co_await attempt("adoption", adopt_leases());
    for (std::size_t i = 0; i < options_.lanes; ++i) tasks_.spawn("image lane", run_lane());
    tasks_.spawn("image leases", keep_leases());
    tasks_.spawn("image cancellations", watch_for_cancellations());
}

awaitable<bool> JobRunner::adopt_leases() {
    const auto released = co_await parts_.jobs.release_all(options_.lease.owner);
    if (released > 0) log::info("jobs of a killed predecessor go back to the queue", {{"count", released}});
    co_return true;
}

awaitable<> JobRunner::stop() {
    co_await tasks_.stop(1s);
    const auto released = co_await parts_.jobs.release_all(options_.lease.owner);
    if (released > 0) log::info("running image jobs go back to the queue", {{"count", released}});
}

void JobRunner::call_off(const ProcessingId& id) {
    const auto entry = running_.find(id);
    if (entry == running_.end()) return;
    entry->second.called_off = true;
    parts_.worker.kill(entry->second.number);
}

awaitable<> JobRunner::run_lane() {
    while (true) {
        const auto seen = parts_.wake.count();
        const auto worked = co_await attempt("taking a job", take_and_run());
        if (worked == false) co_await parts_.wake.wait_past(seen, options_.poll);
    }
}

awaitable<bool> JobRunner::take_and_run() {
    const auto job = co_await parts_.jobs.take(options_.lease);
    if (!job) co_return false;
    // Erased whichever way the job ends.
    struct Entry {
        std::map<ProcessingId, Running>& running;
        ProcessingId id;
        ~Entry() { running.erase(id); }
    } const entry{running_, job->id};
    running_[job->id].number = parts_.worker.next_job();
    auto done = co_await attempt("running a job", run_job(*job));
    // Rather than waiting for the lease to run out.
    while (!done) done = co_await attempt("giving a job back", give_back(*job));
    co_return true;
}

awaitable<bool> JobRunner::give_back(StoredJob job) {
    return parts_.jobs.retry(job, job.crashes, pause_after_failure);
}

awaitable<bool> JobRunner::run_job(StoredJob job) {
    if (job.attempts > options_.retry.max_attempts) {
        co_await refuse(job, "processing_failed", "the job was interrupted too often");
        co_return false;
    }
    const auto engine = co_await parts_.worker.engine();
    const bool reused = co_await reuse_result(job, engine);
    if (!reused) co_await render(std::move(job), engine);
    co_return true;
}

awaitable<> JobRunner::render(StoredJob job, std::string engine) {
    const auto recipe = json::decode_json<Recipe>(job.recipe).value();
    auto source = co_await parts_.store.open(job.source_sha256);
    if (!source) {
        co_await refuse(job, "source_missing", "the original is not there any more");
        co_return;
    }
    const auto gate = std::make_shared<ProgressGate>(options_.progress_interval, job.progress);
    const auto on_progress = [this, job, gate](int percent) {
        if (const auto told = gate->offer(percent, SteadyClock::now())) tell_progress(job, *told);
    };
    InputBundle input{std::move(*source), {}};
    OverlayFiles overlays;
    for (const auto& id : overlays_of(recipe)) {
        auto file = co_await open_overlay(id);
        if (!file) {
            co_await refuse(job, "overlay_missing", "the picture of the watermark is not there any more");
            co_return;
        }
        overlays.emplace_back(id, std::move(*file));
    }
    if (!overlays.empty()) {
        input = co_await bundle_inputs(parts_.runtime.cpu(), std::move(input.file), std::move(overlays));
    }
    auto outcome = co_await parts_.worker.transform(running_.at(job.id).number, input.file.get(), recipe, on_progress,
                                                    std::move(input.overlays));
    co_await settle(std::move(job), std::move(outcome), std::move(engine));
}

awaitable<std::optional<Descriptor>> JobRunner::open_overlay(std::string upload_id) {
    // Whether its owner may use it was asked when the job was made.
    const auto upload = co_await parts_.uploads.find(UploadId::trusted(std::move(upload_id)), Visibility{});
    if (!upload) co_return std::nullopt;
    co_return co_await parts_.store.open(upload->sha256);
}

awaitable<> JobRunner::settle(StoredJob job, JobOutcome outcome, std::string engine) {
    if (auto* rendered = std::get_if<Rendered>(&outcome)) {
        co_await store_result(std::move(job), std::move(*rendered), std::move(engine));
    } else if (const auto* refusal = std::get_if<worker::Refusal>(&outcome)) {
        co_await refuse(job, refusal->code, refusal->message);
    } else if (const auto* crashed = std::get_if<Crashed>(&outcome)) {
        const auto crashes = job.crashes + 1;
        co_await try_again(std::move(job), crashes, crashed->reason);
    } else if (!running_.at(job.id).called_off) {
        const auto crashes = job.crashes;
        co_await try_again(std::move(job), crashes, "the image worker was stopped too often");
    }
}

awaitable<> JobRunner::store_result(StoredJob job, Rendered rendered, std::string engine) {
    const auto image = rendered.image;
    const auto file = co_await parts_.store.copy(std::move(rendered.descriptor));
    const auto stored = co_await parts_.store.seal(file);
    JobResult result{stored.sha256, stored.size, std::string(facts_of(image.format).mime_type), image.width, image.height};
    const auto published = co_await publish_result(job, file, std::move(result), std::move(engine));
    if (published.has_error()) co_await refuse(std::move(job), std::string(published.error().code), published.error().detail);
}

// The jobs' row, then the owner's usage, then the file's: the order that Uploads::remove_rows keeps, too.
awaitable<Result<void>> JobRunner::publish_result(StoredJob job, const IncomingFile& file, JobResult result,
                                                  std::string engine) {
    auto transaction = co_await parts_.pool.begin();
    const bool ours = co_await parts_.jobs.lock_attempt(transaction, job);
    if (!ours) co_return Result<void>{};  // called off, or taken over after our lease ran out: the file goes with `file`
    const auto charged = co_await charge(transaction, job, result.size);
    if (charged.has_error()) co_return charged;
    const StoredFile stored{result.sha256, result.size};
    co_await parts_.files.acquire(transaction, stored);
    co_await parts_.store.publish(file, stored.sha256);
    co_await parts_.jobs.complete(transaction, job, std::move(result), std::move(engine));
    co_await transaction.commit();
    count("completed");
    co_return Result<void>{};
}

awaitable<Result<void>> JobRunner::charge(pg::Transaction& transaction, const StoredJob& job, std::int64_t bytes) {
    Charge charge{job.user_id, bytes};
    charge.correlation_id = job.correlation_id;
    return parts_.usage.charge(transaction, std::move(charge));
}

awaitable<bool> JobRunner::reuse_result(StoredJob job, std::string engine) {
    auto result = co_await parts_.jobs.find_result(job, engine);
    if (!result) co_return false;
    auto transaction = co_await parts_.pool.begin();
    const bool ours = co_await parts_.jobs.lock_attempt(transaction, job);
    if (!ours) co_return true;
    const auto charged = co_await charge(transaction, job, result->size);
    // Over the quota: rendering it anew comes to the same end and says so.
    if (charged.has_error()) co_return false;
    const bool there = co_await parts_.files.share(transaction, result->sha256);
    if (!there) co_return false;
    co_await parts_.jobs.complete(transaction, job, std::move(*result), std::move(engine));
    co_await transaction.commit();
    count("reused");
    co_return true;
}

awaitable<> JobRunner::refuse(StoredJob job, std::string code, std::string message) {
    const bool failed = co_await parts_.jobs.fail(job, code, message);
    if (!failed) co_return;
    log::info("image job failed",
              {{"processing_id", job.id.text()}, {"correlation_id", job.correlation_id}, {"code", code}, {"reason", message}});
    count("failed");
}

awaitable<> JobRunner::try_again(StoredJob job, int crashes, std::string reason) {
    const auto delay = retry_delay(options_.retry, crashes, job.attempts);
    if (!delay) {
        co_await refuse(std::move(job), "processing_failed", std::move(reason));
        co_return;
    }
    log::warning("image job is tried again", {{"processing_id", job.id.text()},
                                              {"correlation_id", job.correlation_id},
                                              {"attempt", job.attempts},
                                              {"reason", reason}});
    co_await parts_.jobs.retry(job, crashes, *delay);
    count("retried");
}

awaitable<> JobRunner::keep_leases() {
    while (true) {
        co_await pause_for(options_.renew_interval);
        co_await attempt("renewing leases", check_leases(true));
    }
}

awaitable<> JobRunner::watch_for_cancellations() {
    while (true) {
        const auto seen = parts_.wake.count();
        co_await attempt("looking for cancellations", check_leases(false));
        co_await parts_.wake.wait_past(seen, options_.renew_interval);
    }
}

awaitable<bool> JobRunner::check_leases(bool renew) {
    std::vector<ProcessingId> asked;
    for (const auto& [id, running] : running_) asked.push_back(id);
    if (asked.empty()) co_return false;
    auto checking = renew ? parts_.jobs.renew(options_.lease, asked) : parts_.jobs.still_leased(options_.lease, asked);
    const auto kept = co_await std::move(checking);
    for (const auto& id : asked) {
        if (std::ranges::find(kept, id) == kept.end()) call_off(id);
    }
    co_return true;
}

void JobRunner::tell_progress(const StoredJob& job, int percent) {
    tasks_.spawn("image progress", parts_.jobs.set_progress(job, percent));
    events::ImageProcessingProgress event;
    event.processing_id = job.id.text();
    event.upload_id = job.upload_id.text();
    event.transformation_type = job.transformation_type;
    event.progress = percent;
    const auto envelope = bus::make_envelope(event, {service_name, job.correlation_id, job.user_id.text()});
    parts_.redis.send({"PUBLISH", bus::live_channel, bus::to_json(envelope)});
}

void JobRunner::count(std::string_view outcome) {
    parts_.metrics.counter("darkroom_image_jobs_total", "Image jobs by how they ended.", {{"outcome", std::string(outcome)}})
        .Increment();
}

}  // namespace darkroom::images
