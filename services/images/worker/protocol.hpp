// What the image service and the worker's zygote say to each other. Both are built together and run on one machine.
//
// A SOCK_SEQPACKET socketpair, `socket_descriptor` in the zygote, carries one RequestHeader or Reply a packet. A `run` packet
// has the JobRequest as JSON behind the header and three descriptors beside it: input file, output memfd, report pipe. The
// job's process writes Report lines to the pipe and closes it by ending. A `kill` packet has the header alone.
#pragma once

#include "platform/json/described.hpp"
#include "services/images/domain/recipe.hpp"

#include <cstdint>
#include <string>
#include <type_traits>

namespace darkroom::images::worker {

inline constexpr int socket_descriptor = 3;
/// Recipes are bounded far below this.
inline constexpr std::size_t max_packet = 64 * 1024;

inline constexpr const char* too_much_memory = "too_much_memory";
inline constexpr const char* needs_too_much_memory = "the image needs more memory than a job may have";
/// A job that ends with it had too little memory, and not even enough to say so.
inline constexpr int exit_out_of_memory = 71;

enum class RequestKind : std::uint32_t { run = 1, kill = 2 };

struct RequestHeader {
    RequestKind kind{};
    std::uint32_t reserved = 0;
    std::uint64_t job = 0;
};

enum class ReplyKind : std::uint32_t { ready = 1, started = 2, ended = 3 };

struct Reply {
    ReplyKind kind{};
    std::int32_t pid = 0;
    std::uint64_t job = 0;
    /// ended: as from waitpid; `signal` is 0 unless one killed it.
    std::int32_t exit_code = 0;
    std::int32_t signal = 0;
    std::uint64_t cpu_microseconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    /// ready: names the engine and its version, part of what a result is kept under.
    char engine[32] = {};
};
static_assert(std::is_trivially_copyable_v<Reply> && std::is_trivially_copyable_v<RequestHeader>);

struct Limits {
    /// Width x height x frames of the input.
    std::int64_t max_pixels = 100'000'000;
    std::int64_t memory_bytes = 1536LL * 1024 * 1024;
    std::int64_t cpu_seconds = 60;
    std::int64_t output_bytes = 512LL * 1024 * 1024;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (max_pixels, memory_bytes, cpu_seconds, output_bytes))

/// A further picture behind the input's own bytes in the input file.
struct OverlaySlice {
    std::string upload_id;
    std::int64_t offset = 0;
    std::int64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(OverlaySlice, (), (upload_id, offset, size))

struct JobRequest {
    Limits limits;
    /// Absent: only look at the image (`verify` decodes it, too).
    std::optional<Recipe> recipe;
    bool verify = false;
    std::vector<OverlaySlice> overlays{};
};
BOOST_DESCRIBE_STRUCT(JobRequest, (), (limits, recipe, verify, overlays))

/// What there is to know of an image; `width` and `height` are those after EXIF orientation.
struct ImageFacts {
    Format format{};
    int width = 0;
    int height = 0;
    int frames = 1;
    bool has_alpha = false;
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ImageFacts, (), (format, width, height, frames, has_alpha, bytes))

inline bool is_animation(const ImageFacts& facts) {
    return facts.frames > 1 && facts_of(facts.format).animates;
}

/// Codes are those of the API: "unsupported_image", "damaged_image", "too_many_pixels", "too_much_memory", …
struct Refusal {
    std::string code;
    std::string message;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (code, message))

/// One line of the pipe; exactly one member is set, and anything but `progress` comes last.
struct Report {
    std::optional<int> progress;
    std::optional<ImageFacts> image;
    std::optional<Refusal> refused;
    /// Not the image's fault; for the log.
    std::optional<std::string> broken;
};
BOOST_DESCRIBE_STRUCT(Report, (), (progress, image, refused, broken))

}  // namespace darkroom::images::worker
