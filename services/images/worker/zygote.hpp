// The process jobs are forked from: libvips is loaded and warm, and there is one thread, so a fork is safe and takes about 3
// ms.
#pragma once

#include "services/images/worker/job.hpp"
#include "services/images/worker/protocol.hpp"

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

namespace darkroom::images::worker {

/// Serves one service until its end of the socket closes; then every job is killed. It alone reaps its children, so a job's
/// process id cannot be reused before its death is known, and a kill cannot hit a stranger.
class Zygote {
public:
    /// `socket` is a SOCK_SEQPACKET socket; SIGCHLD must be blocked.
    Zygote(int socket, std::string engine);
    ~Zygote();
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    void serve();

private:
    /// False when the service is gone.
    bool receive();
    void start(std::uint64_t job, std::string_view request, const JobDescriptors& descriptors);
    void kill_job(std::uint64_t job) const;
    void reap();
    void send(const Reply& reply) const;

    int socket_;
    int child_signals_;
    std::string engine_;
    std::map<pid_t, std::uint64_t> jobs_;
};

}  // namespace darkroom::images::worker
