// One call to the real worker process, from bytes to bytes.
#pragma once

#include "services/images/image_worker.hpp"

#include <string>

namespace darkroom::images::testing {

/// Where the build put darkroom-image-worker.
std::string worker_program();
/// A memfd with that content.
Descriptor a_file(const std::string& content);
std::string content_of(int descriptor);

/// Children of the process `parent` that run the worker's program: its zygotes, or, of a zygote, its jobs.
std::vector<pid_t> worker_processes(pid_t parent);
/// Sends `signal` to every job that this process's zygotes are running; how many there were.
std::size_t signal_jobs(int signal);

struct Answer {
    JobOutcome outcome;
    std::string content;
    std::vector<int> progress;
};

/// Runs `steps`, a JSON array of {"transformation_type","parameters"}, on a fresh zygote.
Answer transform(const std::string& file, std::string_view steps, std::optional<Format> format = std::nullopt,
                 worker::Limits limits = {});
/// The result's bytes; throws std::runtime_error with the reason when there is none.
std::string transformed(const std::string& file, std::string_view steps, std::optional<Format> format = std::nullopt);
/// What an upload is judged by. Throws Failure.
worker::ImageFacts look_at(const std::string& file, worker::Limits limits = {});
/// The code of the Failure that `look_at` throws, or "".
std::string refusal_of(const std::string& file, worker::Limits limits = {});

}  // namespace darkroom::images::testing
