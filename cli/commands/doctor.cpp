#include "cli/commands/commands.hpp"
#include "cli/ports.hpp"
#include "cli/postgres.hpp"
#include "cli/process.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

struct Finding {
    std::string check;
    bool ok = false;
    std::string detail;
    /// The command that mends it; empty when there is nothing to mend.
    std::string fix;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (check, ok, detail, fix))

using Findings = std::vector<Finding>;

std::string first_word_line(const Ended& ended) {
    return ended.output.substr(0, ended.output.find('\n'));
}

Finding check_program(std::string name, const std::string& path, const std::string& package) {
    const auto fix = "apt-get install " + package;
    if (::access(path.c_str(), X_OK) != 0) return {std::move(name), false, path + " is not installed", fix};
    const auto answer = run_to_end({.arguments = {path, "--version"}, .environment = {"PATH=/usr/bin:/bin"}}, 5s);
    return {std::move(name), answer.exit_code == 0, first_word_line(answer), answer.exit_code == 0 ? "" : fix};
}

void check_programs(const Settings& settings, Findings& findings) {
    const Layout layout(settings.home);
    try {
        findings.push_back(check_program("PostgreSQL", (postgres_programs(layout) / "postgres").string(), "postgresql"));
    } catch (const std::runtime_error& error) {  // tidy: allow-catch its absence is the finding
        findings.push_back({"PostgreSQL", false, error.what(), "apt-get install postgresql"});
    }
    findings.push_back(check_program("Redis", "/usr/bin/redis-server", "redis-server"));
    findings.push_back(check_program("compiler", "/usr/bin/clang++-19", "clang-19"));
    findings.push_back(check_program("cmake", "/usr/bin/cmake", "cmake"));
    std::string missing;
    for (const auto& service : services) {
        if (::access((settings.binaries / service.binary).c_str(), X_OK) != 0) missing += std::string(service.binary) + " ";
    }
    findings.push_back({"programs", missing.empty(), missing.empty() ? settings.binaries.string() : "missing: " + missing,
                        missing.empty() ? "" : "./darkroom up"});
}

void check_resources(const Settings& settings, Findings& findings) {
    auto place = settings.home;
    while (!fs::exists(place)) place = place.parent_path();
    struct statvfs disk{};
    ::statvfs(place.c_str(), &disk);
    const auto free_mb = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize) / 1000 / 1000;
    findings.push_back({"disk", free_mb >= 1000, fmt::format("{} MB free below {}", free_mb, place.string()),
                        free_mb >= 1000 ? "" : fmt::format("df -h {}", place.string())});
    std::ifstream meminfo("/proc/meminfo");
    std::int64_t available = 0;
    for (std::string line; std::getline(meminfo, line);) {
        if (line.starts_with("MemAvailable:")) available = std::atoll(line.c_str() + 13) / 1000;
    }
    findings.push_back(
        {"memory", available >= 500, fmt::format("{} MB available", available), available >= 500 ? "" : "free -m"});
}

void check_permissions(const Settings& settings, Findings& findings) {
    const Layout layout(settings.home);
    if (!fs::exists(layout.home())) {
        findings.push_back({"home", true, layout.home().string() + " will be created by up", ""});
        return;
    }
    const bool writable = ::access(layout.home().c_str(), W_OK | X_OK) == 0;
    findings.push_back({"home", writable, layout.home().string(),
                        writable ? "" : fmt::format("chown -R $(id -u) {}", layout.home().string())});
    std::string open;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(layout.secrets(), unreadable)) {
        struct stat info{};
        if (::stat(entry.path().c_str(), &info) == 0 && (info.st_mode & 077) != 0)
            open += entry.path().filename().string() + " ";
    }
    findings.push_back({"secrets", open.empty(), open.empty() ? "readable by their owner only" : "readable by others: " + open,
                        open.empty() ? "" : fmt::format("chmod 600 {}/*", layout.secrets().string())});
    std::error_code none;
    const auto database = fs::read_symlink(layout.postgres(), none);
    if (!none) findings.push_back({"database", fs::is_directory(database), "lies in " + database.string(), ""});
}

void check_ports(const Settings& settings, Findings& findings) {
    for (const auto& service : services) {
        const auto port = settings.port_of(service.name);
        if (is_free("127.0.0.1", port)) {
            findings.push_back({fmt::format("port {}", port), true, fmt::format("free for {}", service.name), ""});
        } else {
            findings.push_back({fmt::format("port {}", port), false, fmt::format("taken by {}", owner_of_port(port)),
                                fmt::format("{}=<free port> ./darkroom up", service.port_variable)});
        }
    }
}

void check_running(const SupervisorStatus& running, Findings& findings) {
    findings.push_back({"supervisor", true, fmt::format("pid {}, gateway {}", running.pid, running.facts.gateway), ""});
    for (const auto& child : running.children) {
        const bool fine = child.state == ChildState::running;
        findings.push_back({child.name, fine,
                            fine ? fmt::format("pid {}, {} restarts", child.pid, child.restarts) : child.last_line,
                            fine ? "" : fmt::format("./darkroom logs {}", child.name)});
    }
}

}  // namespace

int doctor(const Settings& settings, const DoctorOptions& options) {
    Findings findings;
    check_programs(settings, findings);
    check_resources(settings, findings);
    check_permissions(settings, findings);
    if (const auto running = supervisor_status(Layout(settings.home))) {
        check_running(*running, findings);
    } else {
        check_ports(settings, findings);
    }
    const bool well = std::ranges::all_of(findings, &Finding::ok);
    if (options.json) {
        std::cout << json::pretty(json::Object{{"ok", well}, {"checks", json::encode(findings)}});
        return well ? 0 : 1;
    }
    for (const auto& finding : findings) {
        std::cout << fmt::format("{:<6}{:<22}{}\n", finding.ok ? "ok" : "WRONG", finding.check, finding.detail);
        if (!finding.fix.empty()) std::cout << fmt::format("{:<28}mend it: {}\n", "", finding.fix);
    }
    return well ? 0 : 1;
}

}  // namespace darkroom::cli
