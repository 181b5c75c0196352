// Child processes that cannot outlive the test program.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::testing {

struct ProcessOptions {
    /// Program and arguments.
    std::vector<std::string> arguments;
    /// Added to our own environment, "NAME=value".
    std::vector<std::string> environment{};
    std::string directory = "/";
    /// Where its output goes; empty: away.
    std::string log{};
    /// Run as this user when we are root; empty: as we are.
    std::string user{};
    /// Sent when we die, whatever we die of.
    int death_signal = 9;
};

class Process {
public:
    Process() = default;
    /// Throws std::runtime_error when it cannot be started.
    explicit Process(const ProcessOptions& options);
    ~Process();
    Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), death_signal_(other.death_signal_) {}
    Process& operator=(Process&& other) noexcept;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    /// Blocks; the exit code, or 128 + the signal's number.
    int wait();
    /// The same, without blocking: nullopt while it runs.
    std::optional<int> poll();
    /// Sends the death signal and waits. Idempotent.
    void stop();

private:
    pid_t pid_ = -1;
    int death_signal_ = 9;
};

/// Blocks until `holds`; throws std::runtime_error after `seconds`, naming `what`. For setting up, outside of the loop.
void wait_until(const std::function<bool()>& holds, int seconds, std::string_view what);

/// A new directory below the system's temporary one, removed with everything in it by the destructor. Those of dead test
/// programs are swept away on the occasion.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(std::string_view purpose);
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A TCP port nobody listens on at the moment.
unsigned short free_port();

/// First existing program of that name in PATH and in `directories`; throws std::runtime_error naming it when there is none.
std::string find_program(const std::string& name, const std::vector<std::string>& directories = {});

}  // namespace darkroom::testing
