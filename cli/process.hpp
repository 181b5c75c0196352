// Starting, watching and ending other programs. Blocking and single-threaded: used by commands and by the supervisor.
#pragma once

#include "platform/core/time.hpp"

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

struct UnprivilegedUser;

/// Owns a descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    int release();
    void reset();

private:
    int fd_ = -1;
};

struct Program {
    /// The first is the program's path.
    std::vector<std::string> arguments;
    /// "NAME=value"; nothing is inherited.
    std::vector<std::string> environment;
    std::filesystem::path directory = "/";
    /// Who it runs as; -1: as ourselves.
    uid_t uid = uid_t(-1);
    gid_t gid = gid_t(-1);
    /// Sent by the kernel when we die, so that nothing outlives its parent; 0: nothing.
    int death_signal = SIGKILL;
};

/// Starts it in a session of its own, so that a Ctrl-C at our terminal does not reach it. Descriptors below 0 mean /dev/null;
/// signals are unblocked. Throws std::runtime_error "cannot run <path>: <why>".
pid_t start(const Program& program, int input, int output, int errors);

struct Ended {
    int exit_code = 0;  // 128 + signal when killed by one
    /// Standard output and error, at most the last 64 KiB.
    std::string output;
};

/// Runs it to its end with output captured; kills it past the limit (exit code 124, as timeout(1)).
Ended run_to_end(const Program& program, Milliseconds limit);

/// When a process was started, in clock ticks since boot; with the pid it names a process for ever. nullopt: no such process.
std::optional<unsigned long long> start_time(pid_t pid);

struct ProcessIdentity {
    pid_t pid = 0;
    unsigned long long started = 0;

    bool alive() const { return pid > 0 && start_time(pid) == started; }
};

/// Waits until it is gone, at most `limit`; false when it is still there.
bool wait_until_gone(const ProcessIdentity& process, Milliseconds limit);

/// The name the kernel knows it by, as `ps` shows it; empty when it is gone.
std::string command_name(pid_t pid);

/// Resident memory of the process plus what its descendants add to it: memory shared between them is counted once.
std::int64_t resident_bytes(pid_t pid);
/// Of the process alone.
std::int64_t own_resident_bytes(pid_t pid);

}  // namespace darkroom::cli
