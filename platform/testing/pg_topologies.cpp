#include "platform/testing/pg_topologies.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>

namespace darkroom::testing {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> program_directories() {
    std::vector<std::string> directories{"/usr/sbin"};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        directories.push_back((entry.path() / "bin").string());
    }
    std::ranges::sort(directories, std::greater{});
    return directories;
}

void give_to(const std::string& user, const std::string& path) {
    const auto* entry = ::getpwnam(user.c_str());
    if (::geteuid() != 0 || entry == nullptr) return;
    if (::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error("cannot give away " + path);
}

}  // namespace

PgBouncer::PgBouncer(const PgBouncerOptions& options)
    : directory_("pgbouncer"), server_directory_(options.server_directory), port_(free_port()) {
    const auto file = directory_.path() + "/pgbouncer.ini";
    std::ofstream(file) << "[databases]\n* = host=" << options.server_directory
                        << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
                        << "\nunix_socket_dir =\nauth_type = trust\nauth_file = " << directory_.path()
                        << "/users\npool_mode = transaction\ndefault_pool_size = " << options.server_connections
                        << "\nmax_client_conn = 1000\nlogfile =\n";
    std::ofstream users(directory_.path() + "/users");
    for (const auto* schema : {"bus", "auth", "users", "images", "notifications", "app"}) {
        users << "\"darkroom_" << schema << "\" \"\"\n";
    }
    users << "\"postgres\" \"\"\n";
    users.close();
    give_to(options.user, directory_.path());
    process_ = Process({.arguments = {find_program("pgbouncer", program_directories()), file},
                        .directory = directory_.path(),
                        .log = directory_.path() + "/pgbouncer.log",
                        .user = options.user});
    const auto address = url("postgres", "postgres", false);
    const auto plain = address.substr(0, address.find('?'));
    wait_until([&plain] { return PQping(plain.c_str()) == PQPING_OK; }, 20, "PgBouncer");
}

std::string PgBouncer::url(const std::string& role, const std::string& database, bool direct) const {
    auto text = "postgresql://" + role + "@127.0.0.1:" + std::to_string(port_) + "/" + database + "?pgbouncer=true";
    if (direct) text += "&direct=" + server_directory_;
    return text;
}

PgReplica::PgReplica(const std::string& server_directory, std::string user) : directory_("pg-replica"), user_(std::move(user)) {
    give_to(user_, directory_.path());
    Process copy({.arguments = {find_program("pg_basebackup", program_directories()), "-h", server_directory, "-U", "postgres",
                                "-D", directory_.path() + "/data", "-R", "-X", "stream", "-c", "fast", "--no-sync"},
                  .directory = directory_.path(),
                  .log = directory_.path() + "/basebackup.log",
                  .user = user_});
    if (copy.wait() != 0) throw std::runtime_error("pg_basebackup failed, see " + directory_.path() + "/basebackup.log");
    start();
}

void PgReplica::start() {
    process_ = Process({.arguments = {find_program("postgres", program_directories()), "-D", directory_.path() + "/data", "-k",
                                      directory_.path(), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                                      "shared_buffers=64MB", "-c", "max_connections=300"},
                        .directory = directory_.path(),
                        .log = directory_.path() + "/postgres.log",
                        .user = user_,
                        .death_signal = SIGQUIT});
    const auto address = url("postgres", "postgres");
    wait_until([&address] { return PQping(address.c_str()) == PQPING_OK; }, 30, "the replica");
}

std::string PgReplica::url(const std::string& role, const std::string& database) const {
    return "postgresql://" + role + "@/" + database + "?host=" + directory_.path();
}

std::string PgReplica::ask(const std::string& sql) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url("postgres", "postgres").c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    if (PQntuples(result.get()) == 0) throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
    return PQgetvalue(result.get(), 0, 0);
}

void PgReplica::kill() {
    process_.stop();
}

void PgReplica::pause() {
    ask("SELECT pg_wal_replay_pause()::text");
}

}  // namespace darkroom::testing
