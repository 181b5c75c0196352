#include "services/images/image_worker.hpp"

#include "platform/core/log.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <system_error>

namespace darkroom::images {

namespace {

/// A child that writes more than this to its pipe has been taken over.
constexpr std::size_t max_report_bytes = 64 * 1024;

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor make_output() {
    Descriptor output(::memfd_create("darkroom-result", MFD_CLOEXEC));
    if (output.get() < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    return output;
}

/// What a job has said so far. A line that is no Report is as good as a crash, so it is dropped.
struct Conversation {
    std::string pending;
    std::size_t total = 0;
    std::optional<worker::Report> last;

    void add(std::string_view piece, const ImageWorker::OnProgress& on_progress) {
        total += piece.size();
        if (total > max_report_bytes) return;
        pending += piece;
        for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos;) {
            auto report = json::decode_json<worker::Report>(std::string_view(pending).substr(0, end), json::Unknown::ignore);
            pending.erase(0, end + 1);
            if (!report) continue;
            if (report->progress) {
                on_progress(*report->progress);
            } else {
                last = std::move(*report);
            }
        }
    }
};

awaitable<Conversation> listen(Executor executor, Descriptor reports, ImageWorker::OnProgress on_progress) {
    StreamDescriptor stream(executor, reports.release());
    Conversation conversation;
    std::array<char, 4096> buffer;
    while (true) {
        const auto [error, size] = co_await stream.async_read_some(net::buffer(buffer), as_result);
        if (error == net::error::eof) co_return conversation;
        if (error) throw boost::system::system_error(error);
        conversation.add({buffer.data(), size}, on_progress);
    }
}

std::string describe_end(int exit_code, int signal) {
    if (signal == SIGKILL) return "the image process was killed, probably for lack of memory";
    if (signal != 0) return fmt::format("the image process died of signal {} ({})", signal, ::strsignal(signal));
    return fmt::format("the image process ended with code {}", exit_code);
}

Error worker_unavailable() {
    return {Kind::unavailable,
            "worker_unavailable",
            "images cannot be read right now; try again shortly",
            {},
            std::chrono::seconds{1}};
}

[[noreturn]] void fail_refused(const worker::Refusal& refusal) {
    // The worker's codes are the API's; here they become the literals that an Error needs, and get their kind.
    if (refusal.code == "unsupported_image") fail({Kind::unsupported_media, "unsupported_image", refusal.message});
    if (refusal.code == "empty_file") fail({Kind::invalid, "empty_file", refusal.message});
    if (refusal.code == "too_many_pixels") fail({Kind::invalid, "too_many_pixels", refusal.message});
    if (refusal.code == worker::too_much_memory) fail({Kind::invalid, worker::too_much_memory, refusal.message});
    if (refusal.code == "took_too_long") fail({Kind::invalid, "took_too_long", refusal.message});
    fail({Kind::invalid, "damaged_image", refusal.message});
}

}  // namespace

/// Makes a job known to `handle` for as long as its coroutine lives; whichever way that ends, the process must not go on.
class ImageWorker::Registration {
public:
    Registration(ImageWorker& worker, JobNumber job)
        : worker_(worker), job_(job), running_(worker.running_.try_emplace(job, worker.executor_).first->second) {}
    ~Registration() {
        if (!running_.ended.is_set() && worker_.process_) worker_.process_->send_kill(job_);
        worker_.running_.erase(job_);
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    OneShot<Ended> ended() const { return running_.ended; }
    bool killed() const { return running_.killed; }

private:
    ImageWorker& worker_;
    JobNumber job_;
    Running& running_;
};

ImageWorker::ImageWorker(Executor executor, WorkerOptions options)
    : executor_(executor), options_(std::move(options)), changed_(executor) {}

awaitable<> ImageWorker::run() {
    auto backoff = options_.first_backoff;
    while (true) {
        const auto started = SteadyClock::now();
        std::string cause = "it died";
        try {
            co_await serve_once();
        } catch (const std::system_error& error) {  // the program is missing, being replaced, or there is no memory to start it
            cause = error.what();
        }
        if (SteadyClock::now() - started > options_.max_backoff) backoff = options_.first_backoff;
        log::error("the image worker is restarted", {{"cause", cause}, {"backoff_ms", backoff.count()}});
        co_await pause_for(backoff);
        backoff = std::min(backoff * 2, options_.max_backoff);
    }
}

awaitable<> ImageWorker::serve_once() {
    // Whatever ends this, a cancellation included, nobody may wait for a job of a dead zygote.
    struct Ending {
        ImageWorker& worker;
        ~Ending() { worker.lose_all(); }
    } const ending{*this};
    process_ = std::make_unique<WorkerProcess>(executor_, options_.program);
    while (true) {
        const auto reply = co_await process_->receive();
        if (!reply) co_return;
        handle(*reply);
    }
}

void ImageWorker::handle(const worker::Reply& reply) {
    if (reply.kind == worker::ReplyKind::ready) {
        engine_ = reply.engine;
        ready_ = true;
        log::info("image worker ready", {{"pid", reply.pid}, {"engine", engine_}});
        changed_.notify();
        return;
    }
    if (reply.kind != worker::ReplyKind::ended) return;
    const auto entry = running_.find(reply.job);
    if (entry == running_.end()) return;
    Ended ended;
    ended.killed_by_us = entry->second.killed;
    ended.expired = entry->second.expired || reply.signal == SIGXCPU;
    ended.exit_code = reply.exit_code;
    ended.signal = reply.signal;
    log::debug("image job ended", {{"job", reply.job},
                                   {"exit_code", reply.exit_code},
                                   {"signal", reply.signal},
                                   {"cpu_ms", reply.cpu_microseconds / 1000},
                                   {"peak_memory_bytes", reply.peak_memory_bytes}});
    entry->second.ended.set(ended);
}

void ImageWorker::lose_all() {
    ready_ = false;
    process_.reset();
    Ended lost;
    lost.lost = true;
    for (auto& [job, running] : running_) running.ended.set(lost);
}

awaitable<bool> ImageWorker::wait_until_ready() {
    const auto until = SteadyClock::now() + options_.start_deadline;
    while (!ready_) {
        const auto left = std::chrono::duration_cast<Milliseconds>(until - SteadyClock::now());
        if (left <= 0ms) co_return false;
        co_await changed_.wait_for(left);
    }
    co_return true;
}

awaitable<std::string> ImageWorker::engine() {
    if (engine_.empty()) {
        const bool there = co_await wait_until_ready();
        if (!there) fail(worker_unavailable());
    }
    co_return engine_;
}

void ImageWorker::kill(JobNumber job) {
    const auto entry = running_.find(job);
    if (entry == running_.end()) return;
    entry->second.killed = true;
    if (process_) process_->send_kill(job);
}

void ImageWorker::expire(JobNumber job) {
    const auto entry = running_.find(job);
    if (entry == running_.end()) return;
    entry->second.expired = true;
    if (process_) process_->send_kill(job);
}

awaitable<JobOutcome> ImageWorker::transform(JobNumber job, int input, Recipe recipe, OnProgress on_progress,
                                             std::vector<worker::OverlaySlice> overlays) {
    worker::JobRequest request;
    request.limits = options_.limits;
    request.recipe = std::move(recipe);
    request.overlays = std::move(overlays);
    return with_deadline(options_.job_deadline, "the image job",
                         run_job(job, input, std::move(request), std::move(on_progress)));
}

awaitable<worker::ImageFacts> ImageWorker::look_at(int input) {
    worker::JobRequest request;
    request.limits = options_.limits;
    request.verify = true;
    const auto ignore_progress = [](int) {};
    auto outcome = co_await run_job(next_job(), input, std::move(request), ignore_progress);
    if (const auto* refusal = std::get_if<worker::Refusal>(&outcome)) fail_refused(*refusal);
    if (const auto* crashed = std::get_if<Crashed>(&outcome)) {
        // A file that kills a decoder must not be kept.
        fail({Kind::invalid, "damaged_image", "the image cannot be read: " + crashed->reason});
    }
    if (std::holds_alternative<Interrupted>(outcome)) fail(worker_unavailable());
    co_return std::get<Rendered>(outcome).image;
}

awaitable<JobOutcome> ImageWorker::run_job(JobNumber job, int input, worker::JobRequest request, OnProgress on_progress) {
    const bool there = co_await wait_until_ready();
    if (!there) co_return Interrupted{};
    const Registration registration(*this, job);
    auto output = make_output();
    auto pipe = make_pipe();
    if (!process_->send_run(job, request, {input, output.get(), pipe.write.get()})) co_return Interrupted{};
    // Ours must go, or the end of the job's would not be the end of the pipe.
    pipe.write.close();
    Timer deadline(executor_, options_.job_deadline);
    const auto on_deadline = [this, job](boost::system::error_code error) {
        if (!error) expire(job);
    };
    deadline.async_wait(on_deadline);

    auto conversation = co_await listen(executor_, std::move(pipe.read), std::move(on_progress));
    const auto ended = co_await registration.ended().wait();
    if (ended.lost || ended.killed_by_us) co_return Interrupted{};
    if (ended.expired) co_return worker::Refusal{"took_too_long", "the image takes more time than is allowed"};
    if (ended.exit_code == worker::exit_out_of_memory) {
        co_return worker::Refusal{worker::too_much_memory, worker::needs_too_much_memory};
    }
    const bool clean = ended.exit_code == 0 && ended.signal == 0;
    if (clean && conversation.last && conversation.last->image) {
        co_return Rendered{*conversation.last->image, std::move(output)};
    }
    if (clean && conversation.last && conversation.last->refused) co_return std::move(*conversation.last->refused);
    auto reason = describe_end(ended.exit_code, ended.signal);
    const bool explained = conversation.last && conversation.last->broken;
    log::error("image job crashed", {{"reason", reason}, {"detail", explained ? *conversation.last->broken : ""}});
    co_return Crashed{std::move(reason)};
}

}  // namespace darkroom::images
