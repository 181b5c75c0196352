#include "cli/process.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t output_limit = 64 * 1024;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    // execve takes char* for historical reasons and does not write to them.
    for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

/// Between fork and exec: only async-signal-safe calls. Returns the errno of what failed.
int become(const Program& program, char* const* arguments, char* const* environment, pid_t parent, const int (&standard)[3]) {
    ::setsid();
    for (int target = 0; target < 3; ++target) {
        int source = standard[target];
        if (source < 0) source = ::open("/dev/null", target == 0 ? O_RDONLY : O_WRONLY);
        if (::dup2(source, target) < 0) return errno;
    }
    if (program.gid != gid_t(-1) && (::setgroups(0, nullptr) != 0 || ::setgid(program.gid) != 0)) return errno;
    if (program.uid != uid_t(-1) && ::setuid(program.uid) != 0) return errno;
    if (program.death_signal != 0) {
        // After setuid, which clears it. The parent may have died before: then nobody would ever send the signal.
        ::prctl(PR_SET_PDEATHSIG, program.death_signal);
        if (::getppid() != parent) ::_exit(125);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir(program.directory.c_str()) != 0) return errno;
    ::umask(0077);
    ::execve(arguments[0], arguments, environment);
    return errno;
}

/// /proc/<pid>/stat behind the command name, which may itself hold spaces and parentheses: field 3 is the first.
std::vector<std::string> stat_fields(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string line;
    std::getline(file, line);
    const auto end = line.rfind(')');
    std::vector<std::string> fields;
    if (end == std::string::npos) return fields;
    std::istringstream rest(line.substr(end + 1));
    for (std::string field; rest >> field;) fields.push_back(field);
    return fields;
}

/// The sum of the named lines of a /proc file, in bytes.
std::int64_t sum_of(const std::string& path, std::initializer_list<std::string_view> names) {
    std::ifstream file(path);
    std::int64_t kilobytes = 0;
    for (std::string line; std::getline(file, line);) {
        for (const auto name : names) {
            if (line.starts_with(name)) kilobytes += std::strtoll(line.c_str() + name.size(), nullptr, 10);
        }
    }
    return kilobytes * 1024;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int Descriptor::release() {
    return std::exchange(fd_, -1);
}

void Descriptor::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

pid_t start(const Program& program, int input, int output, int errors) {
    const auto arguments = pointers(program.arguments);
    const auto environment = pointers(program.environment);
    int failure[2];
    if (::pipe2(failure, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    Descriptor reader(failure[0]);
    Descriptor writer(failure[1]);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        const int error = become(program, arguments.data(), environment.data(), parent, {input, output, errors});
        if (::write(writer.get(), &error, sizeof error) < 0) ::_exit(126);
        ::_exit(127);
    }
    writer.reset();
    int error = child < 0 ? errno : 0;
    if (child > 0 && ::read(reader.get(), &error, sizeof error) > 0) ::waitpid(child, nullptr, 0);
    if (error != 0) {
        throw std::runtime_error(fmt::format("cannot run {}: {}", program.arguments.front(), std::strerror(error)));
    }
    return child;
}

Ended run_to_end(const Program& program, Milliseconds limit) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    Descriptor reader(pipe[0]);
    Descriptor writer(pipe[1]);
    const pid_t child = start(program, -1, writer.get(), writer.get());
    writer.reset();
    const auto deadline = SteadyClock::now() + limit;
    Ended ended;
    bool expired = false;
    for (char buffer[4096];;) {
        const auto left = std::chrono::duration_cast<Milliseconds>(deadline - SteadyClock::now()).count();
        pollfd wait{reader.get(), POLLIN, 0};
        if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0) {
            ::kill(child, SIGKILL);
            expired = true;
            break;
        }
        const auto count = ::read(reader.get(), buffer, sizeof buffer);
        if (count <= 0) break;
        ended.output.append(buffer, static_cast<std::size_t>(count));
        if (ended.output.size() > 2 * output_limit) ended.output.erase(0, ended.output.size() - output_limit);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (expired) ended.exit_code = 124;
    return ended;
}

std::optional<unsigned long long> start_time(pid_t pid) {
    const auto fields = stat_fields(pid);
    // A zombie only waits to be noticed by its parent: it is gone.
    if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
    return std::strtoull(fields[19].c_str(), nullptr, 10);
}

bool wait_until_gone(const ProcessIdentity& process, Milliseconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    while (process.alive()) {
        if (SteadyClock::now() >= deadline) return false;
        ::usleep(10'000);
    }
    return true;
}

std::string command_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return name;
}

std::int64_t own_resident_bytes(pid_t pid) {
    return sum_of(fmt::format("/proc/{}/status", pid), {"VmRSS:"});
}

std::int64_t resident_bytes(pid_t pid) {
    std::multimap<pid_t, pid_t> children;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const auto child = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
        if (child <= 0) continue;
        const auto fields = stat_fields(child);
        if (fields.size() > 1) children.emplace(static_cast<pid_t>(std::strtol(fields[1].c_str(), nullptr, 10)), child);
    }
    auto total = own_resident_bytes(pid);
    std::vector<pid_t> open{pid};
    while (!open.empty()) {
        const auto [first, last] = children.equal_range(open.back());
        open.pop_back();
        for (auto child = first; child != last; ++child) {
            open.push_back(child->second);
            total += sum_of(fmt::format("/proc/{}/smaps_rollup", child->second), {"Private_Clean:", "Private_Dirty:"});
        }
    }
    return total;
}

}  // namespace darkroom::cli
