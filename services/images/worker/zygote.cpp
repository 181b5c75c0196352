#include "services/images/worker/zygote.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace darkroom::images::worker {

namespace {

constexpr int exit_orphaned = 69;  // EX_UNAVAILABLE

sigset_t child_signal() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return set;
}

/// In the forked process: gives back what belongs to the zygote, and dies with it.
void leave_zygote(int socket, int child_signals, pid_t zygote) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The zygote may have died before the line above.
    if (::getppid() != zygote) ::_exit(exit_orphaned);
    ::close(socket);
    ::close(child_signals);
    const auto set = child_signal();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
#if !defined(__has_feature) || !__has_feature(address_sanitizer)
    // What a decoder prints, or an exploited one would, has no place in our log.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, standard);
    ::close(nothing);
#endif
}

/// The descriptors that came with a packet; whoever calls owns them.
std::optional<JobDescriptors> descriptors_of(msghdr& message) {
    JobDescriptors descriptors;
    bool complete = false;
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        if (part->cmsg_len != CMSG_LEN(sizeof descriptors)) continue;
        std::memcpy(&descriptors, CMSG_DATA(part), sizeof descriptors);
        complete = true;
    }
    if (!complete) return std::nullopt;
    return descriptors;
}

void close_all(const JobDescriptors& descriptors) {
    for (const int descriptor : {descriptors.input, descriptors.output, descriptors.report}) ::close(descriptor);
}

std::uint64_t microseconds(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

Zygote::Zygote(int socket, std::string engine) : socket_(socket), engine_(std::move(engine)) {
    const auto set = child_signal();
    child_signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Zygote::~Zygote() {
    for (const auto& [pid, job] : jobs_) ::kill(pid, SIGKILL);
    ::close(child_signals_);
}

void Zygote::serve() {
    Reply ready;
    ready.kind = ReplyKind::ready;
    ready.pid = ::getpid();
    engine_.copy(ready.engine, sizeof ready.engine - 1);
    send(ready);
    while (true) {
        std::array<pollfd, 2> waiting{{{socket_, POLLIN, 0}, {child_signals_, POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (waiting[1].revents != 0) reap();
        if (waiting[0].revents != 0 && !receive()) return;
    }
}

bool Zygote::receive() {
    std::array<char, max_packet> packet;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(JobDescriptors))> control{};
    iovec part{packet.data(), packet.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    if (static_cast<std::size_t>(size) < sizeof(RequestHeader)) return false;

    RequestHeader header;
    std::memcpy(&header, packet.data(), sizeof header);
    const auto descriptors = descriptors_of(message);
    if (header.kind == RequestKind::kill) kill_job(header.job);
    if (header.kind == RequestKind::run && descriptors) {
        start(header.job, {packet.data() + sizeof header, static_cast<std::size_t>(size) - sizeof header}, *descriptors);
    }
    if (descriptors) close_all(*descriptors);
    return true;
}

void Zygote::start(std::uint64_t job, std::string_view request, const JobDescriptors& descriptors) {
    const pid_t zygote = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        leave_zygote(socket_, child_signals_, zygote);
        run_job_process(request, descriptors);
    }
    Reply reply;
    reply.job = job;
    reply.pid = pid;
    reply.kind = ReplyKind::started;
    if (pid < 0) {
        // No process could be made: an end without a beginning, which the service retries.
        reply.kind = ReplyKind::ended;
        reply.exit_code = exit_orphaned;
    } else {
        jobs_.emplace(pid, job);
    }
    send(reply);
}

void Zygote::kill_job(std::uint64_t job) const {
    for (const auto& [pid, running] : jobs_) {
        if (running == job) ::kill(pid, SIGKILL);
    }
}

void Zygote::reap() {
    signalfd_siginfo ignored{};
    // Signals merge: one may stand for several children, so the children are asked for, not counted.
    while (::read(child_signals_, &ignored, sizeof ignored) > 0) {
    }
    int status = 0;
    rusage usage{};
    for (pid_t pid = 0; (pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
        const auto entry = jobs_.find(pid);
        if (entry == jobs_.end()) continue;
        Reply reply;
        reply.kind = ReplyKind::ended;
        reply.pid = pid;
        reply.job = entry->second;
        reply.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        reply.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        reply.cpu_microseconds = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
        reply.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
        jobs_.erase(entry);
        send(reply);
    }
}

void Zygote::send(const Reply& reply) const {
    // A failure means that the service is gone; the next receive says so, too.
    [[maybe_unused]] const auto sent = ::send(socket_, &reply, sizeof reply, MSG_NOSIGNAL);
}

}  // namespace darkroom::images::worker
