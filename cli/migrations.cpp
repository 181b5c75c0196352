#include "cli/migrations.hpp"

#include "cli/process.hpp"
#include "cli/topology.hpp"
#include "platform/json/described.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds migration_limit = 300s;

struct Running {
    std::string_view name;
    pid_t pid;
    fs::path log;
};

Running start_one(const ServiceFacts& service, const fs::path& binaries, const std::string& owner_url, const fs::path& logs) {
    const Program program{.arguments = {(binaries / service.binary).string(), "migrate"},
                          .environment = {"PATH=/usr/bin:/bin", "MIGRATION_DATABASE_URL=" + owner_url}};
    if (logs.empty()) return {service.name, start(program, -1, STDOUT_FILENO, STDERR_FILENO), {}};
    const auto log = logs / fmt::format("migrate-{}.out", service.name);
    const Descriptor output(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    return {service.name, start(program, -1, output.get(), output.get()), log};
}

}  // namespace

std::string message_of(const std::string& line) {
    const auto value = json::parse(line);
    if (!value || !value->is_object()) return line;
    std::string text;
    for (const auto* name : {"message", "error"}) {
        const auto* member = value->get_object().if_contains(name);
        if (member == nullptr || !member->is_string()) continue;
        text += (text.empty() ? "" : ": ") + std::string(json::view(member->get_string()));
    }
    return text.empty() ? line : text;
}

std::string last_message_of(const fs::path& path) {
    std::ifstream file(path);
    std::string last;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) last = line;
    }
    return message_of(last);
}

void run_migrations(const fs::path& binaries, const std::string& owner_url, const fs::path& logs,
                    const std::function<void()>& tick) {
    std::vector<Running> open;
    for (const auto& service : services) {
        if (!service.schema.empty()) open.push_back(start_one(service, binaries, owner_url, logs));
    }
    const auto deadline = SteadyClock::now() + migration_limit;
    std::string failure;
    for (const auto& running : open) {
        int status = 0;
        while (::waitpid(running.pid, &status, WNOHANG) == 0) {
            tick();
            if (SteadyClock::now() > deadline) ::kill(running.pid, SIGKILL);
            ::usleep(2'000);
        }
        if (status != 0 && failure.empty()) {
            failure = fmt::format("migrating {}: {}", running.name,
                                  logs.empty() ? "its message stands above" : last_message_of(running.log));
        }
    }
    if (!failure.empty()) throw std::runtime_error(failure);
}

}  // namespace darkroom::cli
