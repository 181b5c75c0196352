// Image jobs for the rest of the service: each in its own limited process, forked by the zygote that this class keeps alive.
#pragma once

#include "platform/async/deadline.hpp"
#include "platform/async/one_shot.hpp"
#include "services/images/worker_process.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace darkroom::images {

struct WorkerOptions {
    /// The path of darkroom-image-worker.
    std::string program;
    worker::Limits limits{};
    /// For one job, by the wall clock; the processor time has its own limit.
    Milliseconds job_deadline = 120s;
    /// How long a job waits for a zygote that is being restarted.
    Milliseconds start_deadline = 10s;
    Milliseconds first_backoff = 50ms;
    Milliseconds max_backoff = 5s;
};

/// A result in memory. `descriptor` is a memfd that nobody else has any more.
struct Rendered {
    worker::ImageFacts image;
    Descriptor descriptor;
};
/// The job's process died of it: a crash of a decoder, or a limit.
struct Crashed {
    std::string reason;
};
/// It ended through no fault of its own: the zygote died or could not be reached, or `kill` was called.
struct Interrupted {};

using JobOutcome = std::variant<Rendered, worker::Refusal, Crashed, Interrupted>;

/// Loop thread only.
class ImageWorker {
public:
    using JobNumber = std::uint64_t;
    using OnProgress = std::function<void(int percent)>;

    ImageWorker(Executor executor, WorkerOptions options);
    ImageWorker(const ImageWorker&) = delete;
    ImageWorker& operator=(const ImageWorker&) = delete;

    /// Keeps a zygote running, again with backoff whenever it dies. Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();
    bool ready() const { return ready_; }
    /// "vips-8.18.0/1": what pixels depend on beside source and recipe. Waits for the first zygote.
    awaitable<std::string> engine();

    /// What `input` is, by its content; every pixel has been decodable. Throws Failure: unsupported_media "unsupported_image",
    /// invalid "damaged_image" | "empty_file" | "too_many_pixels" | "too_much_memory" | "took_too_long", unavailable
    /// "worker_unavailable".
    awaitable<worker::ImageFacts> look_at(int input);

    /// Numbers a job that is about to run, so that it can be killed.
    JobNumber next_job() { return ++last_job_; }
    /// `overlays` are in `input` behind the image itself, for its watermarks.
    /// Cancelling the caller kills the job; so does the deadline, which is a refusal ("took_too_long").
    awaitable<JobOutcome> transform(JobNumber job, int input, Recipe recipe, OnProgress on_progress,
                                    std::vector<worker::OverlaySlice> overlays = {});
    /// Ends a running job in milliseconds with Interrupted; harmless otherwise.
    void kill(JobNumber job);

private:
    struct Ended {
        bool killed_by_us = false;
        bool expired = false;
        bool lost = false;
        int exit_code = 0;
        int signal = 0;
    };
    struct Running {
        explicit Running(Executor executor) : ended(executor) {}
        OneShot<Ended> ended;
        bool killed = false;
        bool expired = false;
    };
    class Registration;

    awaitable<> serve_once();
    void handle(const worker::Reply& reply);
    void lose_all();
    void expire(JobNumber job);
    awaitable<bool> wait_until_ready();
    awaitable<JobOutcome> run_job(JobNumber job, int input, worker::JobRequest request, OnProgress on_progress);

    Executor executor_;
    WorkerOptions options_;
    std::unique_ptr<WorkerProcess> process_;
    bool ready_ = false;
    std::string engine_;
    Notifier changed_;
    JobNumber last_job_ = 0;
    std::map<JobNumber, Running> running_;
};

}  // namespace darkroom::images
