#include "platform/pg/migrate.hpp"
#include "platform/testing/servers.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

namespace darkroom::testing {

namespace {

namespace fs = std::filesystem;

constexpr const char* superuser = "postgres";
constexpr const char* owner = "darkroom_owner";

std::vector<std::string> installed_versions() {
    std::vector<std::string> directories;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        directories.push_back((entry.path() / "bin").string());
    }
    std::ranges::sort(directories, std::greater{});
    return directories;
}

std::string run_sql(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
    PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
    }
    if (PQntuples(result.get()) == 0) return {};
    return PQgetvalue(result.get(), 0, 0);
}

/// The one server of the program.
class Server {
public:
    static Server& instance() {
        static Server server;
        return server;
    }

    std::string url(const std::string& database, const std::string& user) const {
        return "postgresql://" + user + "@/" + database + "?host=" + directory_.path();
    }

    void start() {
        const auto postgres = find_program("postgres", installed_versions());
        process_ = Process({.arguments = {postgres, "-D", data(), "-k", directory_.path(), "-c", "listen_addresses=", "-c",
                                          "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB", "-c",
                                          "max_connections=300", "-c", "autovacuum=off"},
                            .directory = directory_.path(),
                            .log = directory_.path() + "/postgres.log",
                            .user = user_,
                            // Immediate shutdown: the server takes its children along.
                            .death_signal = SIGQUIT});
        const auto address = url("postgres", superuser);
        wait_until([&address] { return PQping(address.c_str()) == PQPING_OK; }, 30, "PostgreSQL");
    }

    void stop() { process_.stop(); }
    const std::string& directory() const { return directory_.path(); }
    const std::string& user() const { return user_; }

    /// Migrates once, clones ever after.
    std::string clone(const std::string& schema, const std::vector<std::span<const EmbeddedFile>>& migrations) {
        auto& known = templates_[schema];
        if (known.empty()) known = make_template(schema, migrations);
        auto name = "test_" + std::to_string(++count_);
        run_sql(url("postgres", superuser), "CREATE DATABASE " + name + " TEMPLATE " + known);
        return name;
    }

private:
    Server() : directory_("pg") {
        const auto initdb = find_program("initdb", installed_versions());
        Process init(
            {.arguments = {initdb, "-D", data(), "-U", superuser, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"},
             .directory = directory_.path(),
             .log = directory_.path() + "/initdb.log",
             .user = user_});
        if (init.wait() != 0) throw std::runtime_error("initdb failed, see " + directory_.path() + "/initdb.log");
        start();
    }

    std::string data() const { return directory_.path() + "/data"; }

    std::string make_template(const std::string& schema, const std::vector<std::span<const EmbeddedFile>>& migrations) {
        auto name = "template_" + schema;
        run_sql(url("postgres", superuser), "CREATE DATABASE " + name);
        pg::provision(url(name, superuser), {schema, "darkroom_" + schema, ""}, owner, "");
        pg::migrate(url(name, owner), schema, migrations);
        return name;
    }

    TemporaryDirectory directory_;
    /// PostgreSQL refuses to run as root.
    std::string user_ = ::getpwnam("postgres") != nullptr ? "postgres" : "nobody";
    Process process_;
    std::map<std::string, std::string> templates_;
    int count_ = 0;
};

}  // namespace

PgDatabase::PgDatabase(std::string schema, std::vector<std::span<const EmbeddedFile>> migrations)
    : name_(Server::instance().clone(schema, migrations)),
      url_(Server::instance().url(name_, "darkroom_" + schema)),
      owner_url_(Server::instance().url(name_, owner)),
      administrator_url_(Server::instance().url(name_, superuser)) {}

PgDatabase::~PgDatabase() = default;

void PgDatabase::disconnect_everybody() {
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
}

void PgDatabase::accept_connections(bool accept) {
    run_sql(Server::instance().url("postgres", superuser),
            "ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS " + (accept ? "true" : "false"));
    if (accept) return;
    run_sql(Server::instance().url("postgres", superuser),
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
}

std::string PgDatabase::query(const std::string& sql) {
    return run_sql(administrator_url_, sql);
}

std::string PgDatabase::server_directory() {
    return Server::instance().directory();
}

std::string PgDatabase::server_user() {
    return Server::instance().user();
}

void PgDatabase::crash_server() {
    Server::instance().stop();
}

void PgDatabase::start_server() {
    Server::instance().start();
}

}  // namespace darkroom::testing
