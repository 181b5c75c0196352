#include "cli/backup.hpp"

#include "cli/archive.hpp"
#include "cli/database.hpp"
#include "cli/postgres.hpp"
#include "cli/process.hpp"
#include "cli/secrets.hpp"
#include "cli/topology.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view dump_name = "database.dump";
constexpr std::string_view manifest_name = "manifest.json";
constexpr std::string_view images_prefix = "images/";
constexpr std::string_view secrets_prefix = "secrets/";
constexpr std::string_view mail_prefix = "mail/";
/// A dump of terabytes takes hours; one that hangs must not hang for ever.
constexpr Milliseconds dump_limit{24LL * 3600 * 1000};
/// A picture can only be missing when it was uploaded and deleted within the dump's first moments.
constexpr int max_attempts = 3;

struct Member {
    std::string name;
    std::int64_t size = 0;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(Member, (), (name, size, sha256))

struct Manifest {
    int format = 1;
    std::string version;
    std::string created_at;
    std::vector<Member> members;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (format, version, created_at, members))

std::string name_of_database(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                               &PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (std::string_view(option->keyword) == "dbname" && option->val != nullptr) return option->val;
    }
    return std::string(database_name);
}

/// libpq's own variables, so that a password is in no argument.
std::vector<std::string> environment_for(const std::string& url) {
    std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                               &PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr && option->envvar != nullptr && *option->val != '\0') {
            environment.push_back(fmt::format("{}={}", option->envvar, option->val));
        }
    }
    return environment;
}

void run_tool(const BackupDatabase& database, std::vector<std::string> arguments, std::string_view doing) {
    const auto name = arguments.front();
    arguments.front() = (database.programs / name).string();
    const auto ended =
        run_to_end({.arguments = arguments, .environment = environment_for(database.administrator_url)}, dump_limit);
    if (ended.exit_code == 0) return;
    auto why = ended.output.substr(0, ended.output.find('\n'));
    if (why.empty()) why = fmt::format("{} ended with {}", name, ended.exit_code);
    throw std::runtime_error(fmt::format("{}: {}", doing, why));
}

/// One transaction that sees the database as it was, for us and for pg_dump.
class Snapshot {
public:
    explicit Snapshot(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) {
            std::string why = PQerrorMessage(connection_.get());
            throw std::runtime_error("the database does not answer: " + why.substr(0, why.find('\n')));
        }
        ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        const auto names = ask("SELECT pg_export_snapshot()");
        name_ = names.empty() ? "" : names.front();
    }

    const std::string& name() const { return name_; }
    std::vector<std::string> schemas() { return ask("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"); }
    std::vector<std::string> digests() {
        // Before the first migration there is nothing to refer to.
        if (ask("SELECT to_regclass('images.files') WHERE to_regclass('images.files') IS NOT NULL").empty()) return {};
        return ask("SELECT sha256 FROM images.files WHERE reference_count > 0");
    }

private:
    std::vector<std::string> ask(const char* sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql), &PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        std::vector<std::string> values;
        for (int row = 0; row < PQntuples(result.get()); ++row) values.emplace_back(PQgetvalue(result.get(), row, 0));
        return values;
    }

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
    std::string name_;
};

/// Beside the pictures, so that they can be linked; gone with us.
class Staging {
public:
    explicit Staging(const Layout& layout) : path_(layout.home() / "backup.staging") {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
        fs::create_directories(path_ / "images");
        fs::permissions(path_, fs::perms::owner_all);
    }
    ~Staging() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    fs::path images() const { return path_ / "images"; }
    fs::path dump() const { return path_ / dump_name; }

private:
    fs::path path_;
};

/// Links what is there now and was not there before.
void link_images(const Layout& layout, const fs::path& target) {
    std::error_code absent;
    for (const auto& entry : fs::recursive_directory_iterator(layout.images() / "objects", absent)) {
        std::error_code failed;
        const auto link = target / entry.path().filename();
        if (!entry.is_regular_file(failed) || fs::exists(link)) continue;
        fs::create_hard_link(entry.path(), link, failed);
        // Another file system, or collected a moment ago: then the copy fails too, and the digest is missed later if it
        // matters.
        if (failed) fs::copy_file(entry.path(), link, failed);
    }
}

bool has_all(const fs::path& images, const std::vector<std::string>& digests) {
    return std::ranges::all_of(digests, [&](const std::string& digest) { return fs::exists(images / digest); });
}

/// The digests that the dump refers to; their files are in the staging directory.
std::vector<std::string> dump_and_link(const BackupDatabase& database, const Layout& layout, const Staging& staging,
                                       Progress& progress) {
    for (int attempt = 1;; ++attempt) {
        link_images(layout, staging.images());
        Snapshot snapshot(database.administrator_url);
        link_images(layout, staging.images());
        auto digests = snapshot.digests();
        if (!has_all(staging.images(), digests)) {
            if (attempt == max_attempts)
                throw std::runtime_error("pictures that the database refers to are missing: run ./darkroom doctor");
            continue;
        }
        std::vector<std::string> arguments{"pg_dump", "--format=custom", "--no-password", "--snapshot=" + snapshot.name(),
                                           "--file=" + staging.dump().string()};
        const auto known = snapshot.schemas();
        for (const auto& service : services) {
            if (std::ranges::find(known, service.schema) != known.end())
                arguments.push_back(fmt::format("--schema={}", service.schema));
        }
        progress.step("dumping the database");
        run_tool(database, std::move(arguments), "dumping the database");
        return digests;
    }
}

void add_directory(ArchiveWriter& archive, std::string_view prefix, const fs::path& directory) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(directory, absent)) {
        const auto name = entry.path().filename().string();
        if (entry.is_regular_file() && !name.ends_with(".tmp")) archive.add_file(std::string(prefix) + name, entry.path());
    }
}

std::string member_of(const std::string& digest) {
    return fmt::format("{}{}/{}", images_prefix, digest.substr(0, 2), digest);
}

BackupSummary summary_of(const Manifest& manifest) {
    BackupSummary summary{.version = manifest.version, .created_at = manifest.created_at};
    for (const auto& member : manifest.members) {
        if (member.name.starts_with(images_prefix)) ++summary.files;
        summary.bytes += member.size;
    }
    return summary;
}

/// Everything the manifest names was found as it says, and nothing else.
Manifest check_members(const fs::path& file, const std::string& text, std::map<std::string, MemberFacts> found) {
    const auto bad = [&file](std::string_view what) -> std::runtime_error {
        return std::runtime_error(fmt::format("{}: {}", file.string(), what));
    };
    if (text.empty()) throw bad("it has no manifest: it is no backup, or its end is missing");
    auto manifest = json::decode_json<Manifest>(text, json::Unknown::ignore);
    if (!manifest) throw bad("its manifest cannot be read");
    if (manifest->format != 1) throw bad("it was made by a newer Darkroom");
    found.erase(std::string(manifest_name));
    for (const auto& member : manifest->members) {
        const auto at = found.find(member.name);
        if (at == found.end()) throw bad(member.name + " is missing");
        if (at->second != MemberFacts{member.size, member.sha256}) throw bad(member.name + " was changed or damaged");
        const bool named_by_content = !member.name.starts_with(images_prefix) || member.name == member_of(member.sha256);
        if (!named_by_content) throw bad(member.name + " does not have the content that its name says");
        found.erase(at);
    }
    if (!found.empty()) throw bad(found.begin()->first + " is not in its manifest");
    return std::move(*manifest);
}

/// Creates the file and its directories for the owner only; the returned function appends.
TakePiece append_to(const fs::path& path) {
    fs::create_directories(path.parent_path());
    const auto descriptor = std::make_shared<Descriptor>(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!descriptor->open()) throw std::runtime_error(fmt::format("cannot write {}", path.string()));
    return [descriptor, path](std::string_view piece) {
        while (!piece.empty()) {
            const auto count = ::write(descriptor->get(), piece.data(), piece.size());
            if (count <= 0) throw std::runtime_error(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
            piece.remove_prefix(static_cast<std::size_t>(count));
        }
    };
}

fs::path pending_dump(const Layout& layout) {
    return layout.home() / "restore" / dump_name;
}

}  // namespace

BackupDatabase backup_database(const Settings& settings, const Layout& layout) {
    if (!settings.database_url.empty()) {
        return {for_administration(std::string(settings.database_url.reveal())), newest_postgres_programs()};
    }
    const auto port = static_cast<std::uint16_t>(postgres_port + settings.port_offset);
    return {PrivatePostgres(layout, port, false).administrator_url(database_name), postgres_programs(layout)};
}

BackupSummary create_backup(const BackupDatabase& database, const Layout& layout, const fs::path& file, Progress& progress) {
    progress.step("linking the pictures");
    const Staging staging(layout);
    const auto digests = dump_and_link(database, layout, staging, progress);
    progress.step("writing the archive");
    ArchiveWriter archive(file);
    archive.add_file(std::string(dump_name), staging.dump());
    add_directory(archive, secrets_prefix, layout.secrets());
    add_directory(archive, mail_prefix, layout.mail());
    for (const auto& digest : digests) {
        archive.add_file(member_of(digest), staging.images() / digest);
        progress.tick();
    }
    Manifest manifest{.version = DARKROOM_VERSION, .created_at = to_rfc3339(Clock{}.now())};
    for (const auto& [name, facts] : archive.members()) manifest.members.push_back({name, facts.size, facts.sha256});
    archive.add_text(std::string(manifest_name), json::pretty(json::encode(manifest)));
    archive.finish();
    return summary_of(manifest);
}

BackupSummary verify_backup(const fs::path& file, const fs::path& programs) {
    std::string text;
    const auto dump = fs::temp_directory_path() / fmt::format("darkroom-verify-{}.dump", ::getpid());
    struct Remove {
        const fs::path& path;
        ~Remove() {
            std::error_code ignored;
            fs::remove(path, ignored);
        }
    } const remove{dump};
    const auto take = [&](const std::string& name) -> TakePiece {
        if (name == dump_name) return append_to(dump);
        if (name != manifest_name) return {};
        return [&text](std::string_view piece) { text += piece; };
    };
    auto found = read_archive(file, take);
    const auto manifest = check_members(file, text, std::move(found));
    // Reads every block of the dump and writes it as SQL, to nowhere.
    run_tool({.administrator_url = "", .programs = programs}, {"pg_restore", "--file=/dev/null", dump.string()},
             "the database in the backup cannot be read");
    return summary_of(manifest);
}

BackupSummary unpack_backup(const fs::path& file, const Layout& layout) {
    const auto staging = layout.home() / "restore.staging";
    fs::remove_all(staging);
    std::string text;
    const auto take = [&](const std::string& name) -> TakePiece {
        if (name == manifest_name) return [&text](std::string_view piece) { text += piece; };
        const std::string_view view(name);
        if (view.starts_with(images_prefix)) return append_to(staging / "images/objects" / name.substr(images_prefix.size()));
        if (view == dump_name || view.starts_with(secrets_prefix) || view.starts_with(mail_prefix))
            return append_to(staging / name);
        throw std::runtime_error(fmt::format("{}: {} does not belong into a backup", file.string(), name));
    };
    auto found = read_archive(file, take);
    const auto manifest = check_members(file, text, std::move(found));
    const auto put = [&staging](const fs::path& from, const fs::path& to) {
        if (!fs::exists(staging / from)) return;
        fs::create_directories(to.parent_path());
        fs::remove_all(to);
        fs::rename(staging / from, to);
    };
    put("secrets", layout.secrets());
    put("images", layout.images());
    put("mail", layout.mail());
    // Last: from now on `up` loads it.
    put(dump_name, pending_dump(layout));
    fs::remove_all(staging);
    layout.create();
    return summary_of(manifest);
}

bool database_waits_for_restore(const Layout& layout) {
    return fs::exists(pending_dump(layout));
}

void restore_database(const BackupDatabase& database, const Layout& layout) {
    const auto dump = pending_dump(layout);
    run_tool(database,
             {"pg_restore", "--no-password", "--single-transaction", "--clean", "--if-exists", "--exit-on-error",
              "--dbname=" + name_of_database(database.administrator_url), dump.string()},
             "restoring the database");
    fs::remove_all(dump.parent_path());
}

}  // namespace darkroom::cli
