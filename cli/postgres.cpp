#include "cli/postgres.hpp"

#include "cli/process.hpp"
#include "cli/topology.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <unistd.h>

#include <fstream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view superuser = "postgres";
constexpr std::string_view unfinished_prefix = "data.new";

// Small shared memory: services keep their own caches, and the kernel caches files. Durability stays at its full default.
constexpr std::string_view configuration = R"(# Written by darkroom at every start; edits are lost.
listen_addresses = '{addresses}'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 32MB
work_mem = 4MB
maintenance_work_mem = 32MB
max_wal_size = 512MB
max_parallel_workers_per_gather = 0
jit = off
fsync = on
synchronous_commit = on
dynamic_shared_memory_type = {shared_memory}
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '[%p] %q%u@%d '
log_min_error_statement = panic
shared_preload_libraries = ''
)";

// The operator's own user is the superuser over the socket; everybody else shows a password.
constexpr std::string_view access_rules = R"(# Written by darkroom at every start; edits are lost.
local all postgres peer map=operator
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
)";

std::string own_name() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

/// Containers and chroots without a usable /dev/shm exist.
std::string_view shared_memory_type() {
    std::error_code missing;
    const auto permissions = fs::status("/dev/shm", missing).permissions();
    const bool usable = !missing && (permissions & fs::perms::others_write) != fs::perms::none;
    return usable ? "posix" : "mmap";
}

int major_version(const fs::path& directory) {
    return std::atoi(directory.filename().c_str());
}

void write_file(const fs::path& path, std::string_view content) {
    std::ofstream file(path, std::ios::trunc);
    file << content;
    if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}: is the disk full?", path.string()));
}

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

}  // namespace

namespace {

/// Empty when there is none; `wanted`: only that major version.
fs::path installed_programs(std::string_view wanted) {
    fs::path best;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
        if (!fs::exists(entry.path() / "bin" / "initdb")) continue;
        if (!wanted.empty() && entry.path().filename() != wanted) continue;
        if (best.empty() || major_version(entry.path()) > major_version(best)) best = entry.path();
    }
    return best.empty() ? best : best / "bin";
}

}  // namespace

fs::path newest_postgres_programs() {
    auto programs = installed_programs({});
    if (programs.empty()) throw std::runtime_error("PostgreSQL is not installed: apt-get install postgresql");
    return programs;
}

fs::path postgres_programs(const Layout& layout) {
    const auto wanted = first_line(layout.postgres() / "data" / "PG_VERSION");
    if (wanted.empty()) return newest_postgres_programs();
    auto programs = installed_programs(wanted);
    if (!programs.empty()) return programs;
    throw std::runtime_error(
        fmt::format("the data was made by PostgreSQL {0}, which is not installed: apt-get install postgresql-{0}", wanted));
}

PrivatePostgres::PrivatePostgres(const Layout& layout, std::uint16_t port, bool tcp)
    : layout_(layout),
      port_(port),
      tcp_(tcp),
      user_(database_user()),
      programs_(postgres_programs(layout)),
      directory_(layout.prepare_database_directory(user_)) {}

Program PrivatePostgres::as_database_user(std::vector<std::string> arguments) const {
    Program program{.arguments = std::move(arguments),
                    .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"},
                    .directory = directory_};
    if (user_) {
        program.uid = user_->uid;
        program.gid = user_->gid;
    }
    return program;
}

void PrivatePostgres::initialise() const {
    remove_unfinished();
    if (fs::exists(directory_ / "data" / "PG_VERSION")) return;
    // Made aside and renamed, so that "data" exists only whole. The name is new each time: an initdb whose `up` was killed may
    // still be writing to its own for a moment.
    const auto fresh = directory_ / (std::string(unfinished_prefix) + random_token(6));
    const auto made =
        run_to_end(as_database_user({(programs_ / "initdb").string(), "-D", fresh.string(), "-U", std::string(superuser),
                                     "--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8"}),
                   120s);
    if (made.exit_code != 0) {
        throw std::runtime_error(fmt::format("initdb failed with code {}: {}", made.exit_code, made.output));
    }
    fs::rename(fresh, directory_ / "data");
}

void PrivatePostgres::remove_unfinished() const {
    for (const auto& entry : fs::directory_iterator(directory_)) {
        if (!entry.path().filename().string().starts_with(unfinished_prefix)) continue;
        // What cannot be removed because somebody still writes to it is removed by the next start.
        std::error_code still_written;
        fs::remove_all(entry.path(), still_written);
    }
}

void PrivatePostgres::write_configuration() const {
    const auto data = directory_ / "data";
    write_file(data / "postgresql.conf", fmt::format(configuration, fmt::arg("addresses", tcp_ ? "127.0.0.1" : ""),
                                                     fmt::arg("port", port_), fmt::arg("shared_memory", shared_memory_type()),
                                                     fmt::arg("sockets", layout_.postgres_sockets().string())));
    write_file(data / "pg_hba.conf", access_rules);
    write_file(data / "pg_ident.conf", fmt::format("operator {} {}\n", own_name(), superuser));
}

void PrivatePostgres::remove_stale_locks() const {
    const auto lock = directory_ / "data" / "postmaster.pid";
    if (!fs::exists(lock)) return;
    // After a reboot the pid may belong to anybody, and PostgreSQL would refuse to start for their sake.
    const auto pid = static_cast<pid_t>(std::atoi(first_line(lock).c_str()));
    std::error_code gone;
    const auto cwd = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), gone);
    if (command_name(pid) == "postgres" && cwd == fs::weakly_canonical(directory_ / "data", gone)) {
        throw std::runtime_error(fmt::format("PostgreSQL (pid {0}) still runs on our data: kill -INT {0}", pid));
    }
    fs::remove(lock);
    fs::remove(layout_.postgres_sockets() / fmt::format(".s.PGSQL.{}.lock", port_));
}

void PrivatePostgres::prepare() const {
    initialise();
    write_configuration();
    remove_stale_locks();
}

PlannedProcess PrivatePostgres::process() const {
    PlannedProcess process{.name = std::string(postgres),
                           .stage = static_cast<int>(Stage::database),
                           .arguments = {(programs_ / "postgres").string(), "-D", (directory_ / "data").string()},
                           .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"},
                           .directory = directory_.string(),
                           // "Fast shutdown": ends sessions, writes a checkpoint.
                           .stop_signal = SIGINT,
                           .stop_milliseconds = 10'000,
                           .port = port_,
                           .log_file = layout_.log_of(postgres).string()};
    if (user_) {
        process.uid = user_->uid;
        process.gid = user_->gid;
    }
    return process;
}

std::string PrivatePostgres::administrator_url(std::string_view database) const {
    return fmt::format("postgresql://{}@/{}?host={}&port={}", superuser, database,
                       percent_encode(layout_.postgres_sockets().string()), port_);
}

std::string PrivatePostgres::url(std::string_view role, std::string_view password) const {
    return fmt::format("postgresql://{}:{}@/{}?host={}&port={}", role, percent_encode(password), database_name,
                       percent_encode(layout_.postgres_sockets().string()), port_);
}

}  // namespace darkroom::cli
