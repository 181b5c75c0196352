#include "services/images/worker_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace darkroom::images {

namespace {

[[noreturn]] void throw_errno(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

/// Environment variables that libvips, glibc and sanitizers read; nothing of ours: the worker must not hold a secret.
std::vector<std::string> worker_environment() {
    std::vector<std::string> kept;
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"}) {
        if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
    }
    return kept;
}

pid_t spawn(const std::string& program, int socket) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // Without close-on-exec, which the original has.
    posix_spawn_file_actions_adddup2(&actions, socket, worker::socket_descriptor);
    auto environment = worker_environment();
    std::vector<char*> variables;
    for (auto& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    std::string name = "darkroom-image-worker";
    std::array<char*, 2> arguments{name.data(), nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw_errno(error, "cannot start " + program);
    return pid;
}

}  // namespace

WorkerProcess::WorkerProcess(Executor executor, const std::string& program) : socket_(executor) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) throw_errno(errno, "socketpair");
    Descriptor ours(ends[0]);
    // dup2 onto itself would leave close-on-exec set, so the number must be another one.
    const Descriptor theirs(::fcntl(ends[1], F_DUPFD_CLOEXEC, worker::socket_descriptor + 1));
    ::close(ends[1]);
    if (theirs.get() < 0) throw_errno(errno, "fcntl");
    pid_ = spawn(program, theirs.get());
    socket_.assign(ours.release());
}

WorkerProcess::~WorkerProcess() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool WorkerProcess::send_run(std::uint64_t job, const worker::JobRequest& request, std::array<int, 3> descriptors) {
    worker::RequestHeader header;
    header.kind = worker::RequestKind::run;
    header.job = job;
    auto text = json::serialize(json::encode(request));
    std::array<iovec, 2> parts{{{&header, sizeof header}, {text.data(), text.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> control{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(rights), descriptors.data(), sizeof descriptors);
    return ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

bool WorkerProcess::send_kill(std::uint64_t job) {
    worker::RequestHeader header;
    header.kind = worker::RequestKind::kill;
    header.job = job;
    return ::send(socket_.native_handle(), &header, sizeof header, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

awaitable<std::optional<worker::Reply>> WorkerProcess::receive() {
    while (true) {
        worker::Reply reply;
        const auto size = ::recv(socket_.native_handle(), &reply, sizeof reply, MSG_DONTWAIT);
        if (size == static_cast<ssize_t>(sizeof reply)) co_return reply;
        const bool empty = size < 0 && (errno == EAGAIN || errno == EINTR);
        if (!empty) co_return std::nullopt;
        co_await socket_.async_wait(StreamDescriptor::wait_read, use_awaitable);
    }
}

}  // namespace darkroom::images
