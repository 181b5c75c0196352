// The worker's zygote as a child process: started, spoken to over its socket, killed when this object goes.
#pragma once

#include "platform/async/io.hpp"
#include "services/images/descriptor.hpp"
#include "services/images/worker/protocol.hpp"

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

namespace darkroom::images {

/// Loop thread only, and that thread must live as long as the process: the zygote dies with the thread that started it.
class WorkerProcess {
public:
    /// Throws std::system_error when the program cannot be started.
    WorkerProcess(Executor executor, const std::string& program);
    /// Kills the zygote, and so every job, and reaps it.
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    pid_t pid() const { return pid_; }
    /// False when the zygote is gone or its queue full; nothing was sent then.
    bool send_run(std::uint64_t job, const worker::JobRequest& request, std::array<int, 3> descriptors);
    bool send_kill(std::uint64_t job);
    /// The next packet; nullopt when the zygote is gone.
    awaitable<std::optional<worker::Reply>> receive();

private:
    pid_t pid_ = -1;
    StreamDescriptor socket_;
};

}  // namespace darkroom::images
