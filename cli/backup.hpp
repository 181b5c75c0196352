// Backups: the database, the pictures, the secrets and the local mailbox of one moment in one tar file. Blocking.
//
//     database.dump        pg_dump's custom format, all our schemas
//     images/ab/abcdef…    the content-addressed files that the dump refers to
//     secrets/…            passwords and keys
//     mail/…               the local mailbox
//     manifest.json        the last member: version, time, and every other member's size and SHA-256
//
// Redis is not in it: nothing there is the truth.
#pragma once

#include "cli/config.hpp"
#include "cli/layout.hpp"
#include "cli/progress.hpp"
#include "platform/json/described.hpp"

#include <filesystem>
#include <string>

namespace darkroom::cli {

/// Where a backup's database is: a libpq URL of its administrator, and the directory of pg_dump and pg_restore that fit it.
struct BackupDatabase {
    std::string administrator_url;
    std::filesystem::path programs;
};

/// Of our private server, or of DATABASE_URL.
BackupDatabase backup_database(const Settings& settings, const Layout& layout);

struct BackupSummary {
    std::string version;
    std::string created_at;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(BackupSummary, (), (version, created_at, files, bytes))

/// Consistent also while everything runs: the files are linked aside around the dump's snapshot, so none that it refers to can
/// be collected meanwhile. Throws std::runtime_error with one line; `file` is whole or not there.
BackupSummary create_backup(const BackupDatabase& database, const Layout& layout, const std::filesystem::path& file,
                            Progress& progress);

/// Every byte read: checksums, names of the pictures against their content, and the dump by pg_restore. Throws
/// std::runtime_error that says what is wrong.
BackupSummary verify_backup(const std::filesystem::path& file, const std::filesystem::path& programs);

/// Into an empty home: secrets, pictures and mail in place, the dump where `restore_database` finds it. All is checked before
/// anything gets its name.
BackupSummary unpack_backup(const std::filesystem::path& file, const Layout& layout);

/// True between `unpack_backup` and the end of `restore_database`.
bool database_waits_for_restore(const Layout& layout);
/// Loads the dump in one transaction; roles must be there. Harmless to repeat after an interruption.
void restore_database(const BackupDatabase& database, const Layout& layout);

}  // namespace darkroom::cli
