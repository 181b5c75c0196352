#include "cli/backup.hpp"

#include "cli/commands/commands.hpp"
#include "cli/database.hpp"
#include "cli/plan_builder.hpp"
#include "cli/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <iostream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

fs::path backup_path(const Layout& layout) {
    auto time = to_rfc3339(Clock{}.now()).substr(0, 19);
    std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
    const auto directory = layout.home() / "backups";
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::owner_all);
    return directory / fmt::format("darkroom-{}-{}.tar", DARKROOM_VERSION, time);
}

std::string size_text(std::int64_t bytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void print(const fs::path& file, const BackupSummary& summary, std::string_view what) {
    std::cout << fmt::format("{}\n{}: version {}, {}, {} pictures, {}\n", file.string(), what, summary.version,
                             summary.created_at, summary.files, size_text(summary.bytes));
}

/// With an own server: true when one of our schemas holds a table already.
bool holds_tables(const std::string& administrator_url) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(administrator_url.c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(),
               "SELECT 1 FROM pg_tables WHERE tablename = 'schema_migrations' AND schemaname IN "
               "('bus', 'auth', 'users', 'images', 'notifications') LIMIT 1"),
        &PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) throw std::runtime_error("DATABASE_URL: its server does not answer");
    return PQntuples(result.get()) > 0;
}

void require_emptiness(const Settings& settings, const Layout& layout) {
    const auto where = layout.home().string();
    if (supervisor_status(layout))
        throw std::runtime_error("Darkroom runs from " + where + ": ./darkroom down, and set another DARKROOM_HOME");
    // Its own half-done restore may be begun again.
    if (database_waits_for_restore(layout)) return;
    std::error_code absent;
    const bool used = fs::exists(layout.postgres(), absent) && !fs::is_empty(layout.postgres(), absent);
    if (used || fs::exists(layout.images() / "objects", absent)) {
        throw std::runtime_error(
            where + " holds data already: a backup is restored into an empty system, so set another DARKROOM_HOME");
    }
    if (!settings.database_url.empty() && holds_tables(backup_database(settings, layout).administrator_url)) {
        throw std::runtime_error("DATABASE_URL holds a Darkroom already: a backup is restored into an empty database");
    }
}

/// By number, field by field.
bool is_newer(std::string_view version, std::string_view than) {
    const auto fields = [](std::string_view text) {
        std::vector<int> numbers;
        while (!text.empty()) {
            numbers.push_back(std::atoi(std::string(text.substr(0, text.find('.'))).c_str()));
            text.remove_prefix(std::min(text.find('.'), text.size() - 1) + 1);
        }
        return numbers;
    };
    return fields(version) > fields(than);
}

}  // namespace

int backup_create(Settings settings, const std::string& file) {
    const Layout layout(settings.home);
    const auto running = supervisor_status(layout);
    if (!running && settings.database_url.empty()) {
        throw std::runtime_error("Darkroom is not running: ./darkroom up starts it, and it goes on while it is backed up");
    }
    if (running) settings = adopt(settings, running->facts);
    Progress progress;
    const auto path = file.empty() ? backup_path(layout) : fs::absolute(file);
    if (fs::exists(path)) throw std::runtime_error(path.string() + " is there already");
    const auto summary = create_backup(backup_database(settings, layout), layout, path, progress);
    progress.clear();
    print(path, summary, "backed up");
    std::cout << "It holds passwords and keys: keep it as safe as the system itself.\n";
    return 0;
}

int backup_verify(const Settings& settings, const std::string& file) {
    static_cast<void>(settings);
    const auto summary = verify_backup(file, newest_postgres_programs());
    print(file, summary, "whole");
    return 0;
}

int backup_restore(const Settings& settings, const std::string& file) {
    const Layout layout(settings.home);
    layout.create();
    require_emptiness(settings, layout);
    const auto summary = unpack_backup(fs::absolute(file), layout);
    if (is_newer(summary.version, DARKROOM_VERSION)) {
        fs::remove_all(layout.home() / "restore");
        throw std::runtime_error(fmt::format("the backup is of version {}, this is {}: restore it with the newer one",
                                             summary.version, DARKROOM_VERSION));
    }
    print(file, summary, "restoring");
    return up(settings, {});
}

int upgrade(const Settings& settings) {
    const Layout layout(settings.home);
    layout.create();
    std::error_code absent;
    const bool first = settings.database_url.empty() && !fs::exists(layout.postgres() / "data", absent);
    const auto path = first ? fs::path() : backup_path(layout);
    const auto status = up(settings, {.backup_first = path.string()});
    if (!path.empty() && fs::exists(path)) std::cout << fmt::format("  {:<12}{}\n", "backup", path.string());
    return status;
}

}  // namespace darkroom::cli
