#include "services/images/worker/job.hpp"

#include "services/images/worker/operations.hpp"
#include "services/images/worker/pipeline.hpp"
#include "services/images/worker/sandbox.hpp"

#include <unistd.h>

#include <cstdlib>
#include <new>

namespace darkroom::images::worker {

namespace {

constexpr int exit_done = 0;
constexpr int exit_broken = 70;  // EX_SOFTWARE

class Reporter {
public:
    explicit Reporter(int descriptor) : descriptor_(descriptor) {}

    /// Lines are below PIPE_BUF, so each is written whole or not at all.
    void send(const Report& report) const {
        const auto line = json::serialize(json::encode(report)) + '\n';
        if (::write(descriptor_, line.data(), line.size()) < 0) ::_exit(exit_broken);
    }

    void progress(int percent) {
        if (percent <= last_) return;
        last_ = percent;
        Report report;
        report.progress = percent;
        send(report);
    }

private:
    int descriptor_;
    int last_ = 0;
};

/// Decoded at once: a watermark is small, and it may be used by several steps.
Overlays read_overlays(const JobRequest& request, const Source& whole) {
    Overlays overlays;
    for (const auto& slice : request.overlays) {
        const Source part(whole, slice.offset, slice.size);
        const auto facts = look_at(part, request.limits);
        const auto image = open_image(part, facts, true, Profile::convert);
        overlays.emplace(slice.upload_id, in_memory(image));
    }
    return overlays;
}

ImageFacts work(const JobRequest& request, const Source& whole, int output, Reporter& reporter) {
    const auto own_size = request.overlays.empty() ? static_cast<std::int64_t>(whole.size()) : request.overlays.front().offset;
    const Source source(whole, 0, own_size);
    const auto facts = look_at(source, request.limits);
    if (request.recipe) {
        const auto overlays = read_overlays(request, whole);
        const auto on_progress = [&reporter](int percent) { reporter.progress(percent); };
        const RecipeRun run{source, facts, *request.recipe, overlays, request.limits.max_pixels};
        return run_recipe(run, output, on_progress);
    }
    if (request.verify) verify(source, facts);
    return facts;
}

}  // namespace

void run_job_process(std::string_view request_text, const JobDescriptors& descriptors) {
    Reporter reporter(descriptors.report);
    Report report;
    try {
        const auto request = json::decode_json<JobRequest>(request_text).value();
        apply_limits(request.limits);
        // Asking for the file's size looks like opening one to a system call filter, so it comes first.
        const Source source(descriptors.input);
        enter_sandbox();
        report.image = work(request, source, descriptors.output, reporter);
    } catch (const Refused& refused) {
        report.refused = Refusal{refused.code(), refused.what()};
    } catch (const std::bad_alloc&) {  // reported: our own allocation is as short of memory as a codec's
        report.refused = Refusal{too_much_memory, needs_too_much_memory};
    } catch (const std::exception& error) {
        report.broken = error.what();
    }
    reporter.send(report);
    // No destructors and no exit handlers: they belong to the zygote.
    ::_exit(report.broken ? exit_broken : exit_done);
}

}  // namespace darkroom::images::worker
