#include "cli/layout.hpp"

#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

// sun_path holds 107 characters and PostgreSQL's own socket adds "pg/.s.PGSQL.65535".
constexpr std::size_t longest_socket_directory = 107 - 18;

[[noreturn]] void cannot(std::string_view what, const fs::path& path, int error) {
    throw std::runtime_error(
        fmt::format("cannot {} {}: {}", what, path.string(), std::error_code(error, std::generic_category()).message()));
}

void make_directory(const fs::path& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) {
        ::chmod(path.c_str(), mode);  // umask must not widen or narrow it
        return;
    }
    if (errno != EEXIST) cannot("create the directory", path, errno);
    if (!fs::is_directory(path)) cannot("use as a directory", path, ENOTDIR);
}

void give(const fs::path& path, uid_t uid, gid_t gid, mode_t mode) {
    if (::chown(path.c_str(), uid, gid) != 0) cannot("change the owner of", path, errno);
    if (::chmod(path.c_str(), mode) != 0) cannot("change the mode of", path, errno);
}

/// Asks the kernel rather than guessing from modes: access control lists and mounts count too.
bool can_enter(const UnprivilegedUser& user, const fs::path& directory) {
    const pid_t child = ::fork();
    if (child == 0) {
        const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0;
        ::_exit(dropped && ::access(directory.c_str(), X_OK) == 0 ? 0 : 1);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

/// A directory of ours that nobody else can have prepared.
bool is_ours(const fs::path& path) {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

}  // namespace

std::optional<UnprivilegedUser> database_user() {
    if (::geteuid() != 0) return std::nullopt;
    for (const auto* name : {"postgres", "nobody"}) {
        if (const auto* entry = ::getpwnam(name)) return UnprivilegedUser{name, entry->pw_uid, entry->pw_gid};
    }
    throw std::runtime_error(
        "there is neither a user postgres nor nobody to run PostgreSQL as: install the package postgresql");
}

fs::path Layout::sockets() const {
    std::error_code error;
    const auto link = run() / "sockets";
    const auto target = fs::read_symlink(link, error);
    return error ? link : target;
}

void Layout::create() const {
    std::error_code error;
    fs::create_directories(home_.parent_path(), error);
    if (error) cannot("create the directory", home_.parent_path(), error.value());
    make_directory(home_, 0700);
    if (::access(home_.c_str(), W_OK | X_OK) != 0) {
        throw std::runtime_error(
            fmt::format("{} belongs to another user: run as that user, or set DARKROOM_HOME", home_.string()));
    }
    // PostgreSQL's user must pass through home to its data, and may do nothing else there.
    if (const auto user = database_user()) give(home_, 0, user->gid, 0710);
    for (const auto& path : {secrets(), logs(), images(), mail(), redis()}) make_directory(path, 0700);
    make_directory(run(), 0700);
    if (const auto user = database_user()) give(run(), 0, user->gid, 0710);
    create_sockets();
}

void Layout::create_sockets() const {
    const auto user = database_user();
    const auto link = run() / "sockets";
    auto directory = sockets();
    const bool usable = directory != link ? is_ours(directory) : fs::is_directory(link);
    if (!usable) {
        fs::remove(link);
        directory = link;
        if (link.string().size() > longest_socket_directory || (user && !can_enter(*user, run()))) {
            const char* runtime = ::geteuid() == 0 ? "/run" : "/tmp";
            directory = fs::path(runtime) / fmt::format("darkroom-{}", random_token(6));
            fs::create_directory_symlink(directory, link);
        }
        make_directory(directory, 0700);
    }
    if (user) give(directory, 0, user->gid, 0710);
    const auto postgres_directory = directory / "pg";
    make_directory(postgres_directory, 0700);
    if (user) give(postgres_directory, user->uid, user->gid, 0700);
}

fs::path Layout::prepare_database_directory(const std::optional<UnprivilegedUser>& user) const {
    if (fs::is_symlink(postgres())) {
        const auto target = fs::read_symlink(postgres());
        if (!fs::is_directory(target)) {
            throw std::runtime_error(fmt::format("the database directory {} is gone: restore it, or remove {} to start empty",
                                                 target.string(), postgres().string()));
        }
        return target;
    }
    if (fs::is_directory(postgres())) {
        if (user && !can_enter(*user, postgres())) {
            throw std::runtime_error(
                fmt::format("user {} cannot enter {}: chmod o+x the directories above it", user->name, postgres().string()));
        }
        return postgres();
    }
    auto directory = postgres();
    if (user && !can_enter(*user, home_)) {
        // Random, not derived from the path: a removed checkout's old database must not come back to life in a new one.
        make_directory("/var/lib/darkroom", 0755);
        directory = fs::path("/var/lib/darkroom") / random_token(9);
        make_directory(directory, 0700);
        fs::create_directory_symlink(directory, postgres());
    } else {
        make_directory(directory, 0700);
    }
    if (user) give(directory, user->uid, user->gid, 0700);
    return directory;
}

}  // namespace darkroom::cli
