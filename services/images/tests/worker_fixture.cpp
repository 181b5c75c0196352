#include "services/images/tests/worker_fixture.hpp"

#include "platform/async/runtime.hpp"
#include "platform/core/log.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace darkroom::images::testing {

namespace {

constexpr Milliseconds answer_deadline = 60s;

Recipe recipe_of(std::string_view steps, std::optional<Format> format) {
    RecipeRequest request;
    request.pipeline = json::decode_json<std::vector<StepRequest>>(steps).value();
    request.format = format;
    return parse_recipe(request).value().recipe;
}

awaitable<> run_transform(Runtime& runtime, ImageWorker& worker, int input, Recipe recipe, Answer& answer) {
    runtime.tasks().spawn("worker", worker.run());
    const auto collect = [&answer](int percent) { answer.progress.push_back(percent); };
    answer.outcome = co_await worker.transform(worker.next_job(), input, std::move(recipe), collect);
}

awaitable<> run_look(Runtime& runtime, ImageWorker& worker, int input, worker::ImageFacts& facts) {
    runtime.tasks().spawn("worker", worker.run());
    facts = co_await worker.look_at(input);
}

}  // namespace

std::string worker_program() {
    log::start("tests", log::Level::warning);
    return DARKROOM_IMAGE_WORKER;
}

Descriptor a_file(const std::string& content) {
    Descriptor file(::memfd_create("test-input", MFD_CLOEXEC));
    for (std::size_t done = 0; done < content.size();) {
        const auto written = ::write(file.get(), content.data() + done, content.size() - done);
        if (written <= 0) throw std::runtime_error("memfd");
        done += static_cast<std::size_t>(written);
    }
    return file;
}

std::string content_of(int descriptor) {
    std::string content(static_cast<std::size_t>(::lseek(descriptor, 0, SEEK_END)), '\0');
    if (::pread(descriptor, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) {
        throw std::runtime_error("short read");
    }
    return content;
}

std::vector<pid_t> worker_processes(pid_t parent) {
    const auto directory = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
    std::ifstream children(directory);
    std::vector<pid_t> found;
    for (pid_t child = 0; children >> child;) {
        std::ifstream command("/proc/" + std::to_string(child) + "/comm");
        std::string name;
        std::getline(command, name);
        // The kernel keeps fifteen characters.
        if (name == "darkroom-image-") found.push_back(child);
    }
    return found;
}

std::size_t signal_jobs(int signal) {
    std::size_t count = 0;
    for (const auto zygote : worker_processes(::getpid())) {
        for (const auto job : worker_processes(zygote)) {
            ::kill(job, signal);
            ++count;
        }
    }
    return count;
}

Answer transform(const std::string& file, std::string_view steps, std::optional<Format> format, worker::Limits limits) {
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = worker_program(), .limits = limits});
    const auto input = a_file(file);
    Answer answer;
    runtime.run(with_deadline(answer_deadline, "the transformation",
                              run_transform(runtime, worker, input.get(), recipe_of(steps, format), answer)));
    if (const auto* rendered = std::get_if<Rendered>(&answer.outcome)) answer.content = content_of(rendered->descriptor.get());
    return answer;
}

std::string transformed(const std::string& file, std::string_view steps, std::optional<Format> format) {
    auto answer = transform(file, steps, format);
    if (const auto* refusal = std::get_if<worker::Refusal>(&answer.outcome)) {
        throw std::runtime_error(refusal->code + ": " + refusal->message);
    }
    if (const auto* crashed = std::get_if<Crashed>(&answer.outcome)) throw std::runtime_error(crashed->reason);
    if (std::holds_alternative<Interrupted>(answer.outcome)) throw std::runtime_error("interrupted");
    return std::move(answer.content);
}

worker::ImageFacts look_at(const std::string& file, worker::Limits limits) {
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = worker_program(), .limits = limits});
    const auto input = a_file(file);
    worker::ImageFacts facts;
    runtime.run(with_deadline(answer_deadline, "the look", run_look(runtime, worker, input.get(), facts)));
    return facts;
}

std::string refusal_of(const std::string& file, worker::Limits limits) {
    try {
        look_at(file, limits);
    } catch (const Failure& failure) {
        return std::string(failure.error().code);
    }
    return "";
}

}  // namespace darkroom::images::testing
