#include "platform/testing/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace darkroom::testing {

namespace {

namespace fs = std::filesystem;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
    std::vector<std::string> all = added;
    for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
    return all;
}

struct Identity {
    bool change = false;
    uid_t uid = 0;
    gid_t gid = 0;
};

Identity identity_of(const std::string& user) {
    if (user.empty() || ::geteuid() != 0) return {};
    const auto* entry = ::getpwnam(user.c_str());
    if (entry == nullptr) throw std::runtime_error("no such user: " + user);
    return {true, entry->pw_uid, entry->pw_gid};
}

constexpr std::string_view directory_prefix = "darkroom-test-";

/// darkroom-test-<pid>-…
bool owner_is_dead(const std::string& name) {
    const auto digits = name.substr(directory_prefix.size());
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    return error == std::errc{} && ::kill(pid, 0) != 0 && errno == ESRCH;
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Process::Process(const ProcessOptions& options) : death_signal_(options.death_signal) {
    auto arguments = options.arguments;
    auto environment = merged_environment(options.environment);
    const auto argv = pointers_to(arguments);
    const auto envp = pointers_to(environment);
    const auto identity = identity_of(options.user);
    const auto log = options.log.empty() ? std::string("/dev/null") : options.log;
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    // Only async-signal-safe calls from here on: the parent may have threads.
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int input = ::open("/dev/null", O_RDONLY);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (identity.change) {
        const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(identity.gid) == 0 && ::setuid(identity.uid) == 0;
        if (!changed) ::_exit(126);
    }
    // After setuid, which would clear it.
    ::prctl(PR_SET_PDEATHSIG, options.death_signal);
    if (::getppid() != parent || ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    ::execve(argv.front(), argv.data(), envp.data());
    ::_exit(127);
}

Process::~Process() {
    stop();
}

Process& Process::operator=(Process&& other) noexcept {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    death_signal_ = other.death_signal_;
    return *this;
}

void Process::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait() {
    if (pid_ <= 0) return -1;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return exit_code_of(status);
}

std::optional<int> Process::poll() {
    if (pid_ <= 0) return -1;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return std::nullopt;
    pid_ = -1;
    return exit_code_of(status);
}

void Process::stop() {
    if (pid_ <= 0) return;
    signal(death_signal_);
    // A stopped process would never see any other signal.
    signal(SIGCONT);
    wait();
}

void wait_until(const std::function<bool()>& holds, int seconds, std::string_view what) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) throw std::runtime_error("waited in vain for " + std::string(what));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

TemporaryDirectory::TemporaryDirectory(std::string_view purpose) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(directory_prefix) && owner_is_dead(name)) fs::remove_all(entry.path(), ignored);
    }
    path_ = (fs::temp_directory_path() / directory_prefix).string() + std::to_string(::getpid()) + '-' + std::string(purpose) +
            "-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    // Servers run under another user.
    ::chmod(path_.c_str(), 0777);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

unsigned short free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    const bool bound = ::bind(descriptor, generic, length) == 0 && ::getsockname(descriptor, generic, &length) == 0;
    ::close(descriptor);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

std::string find_program(const std::string& name, const std::vector<std::string>& directories) {
    auto candidates = directories;
    const char* path = std::getenv("PATH");
    std::string rest = path == nullptr ? "/usr/bin" : path;
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        candidates.push_back(rest.substr(0, colon));
        rest = colon == std::string::npos ? std::string() : rest.substr(colon + 1);
    }
    for (const auto& directory : candidates) {
        auto file = directory + '/' + name;
        if (::access(file.c_str(), X_OK) == 0) return file;
    }
    throw std::runtime_error(name + " is not installed");
}

}  // namespace darkroom::testing
