// Where everything lies below DARKROOM_HOME, and who may read it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace darkroom::cli {

/// The user that PostgreSQL runs as when we are root; PostgreSQL refuses to run as root itself.
struct UnprivilegedUser {
    std::string name;
    uid_t uid;
    gid_t gid;
};

/// Debian's `postgres`, else `nobody`; nullopt when we are not root and everything runs as ourselves.
std::optional<UnprivilegedUser> database_user();

class Layout {
public:
    explicit Layout(std::filesystem::path home) : home_(std::move(home)) {}

    const std::filesystem::path& home() const { return home_; }
    std::filesystem::path secrets() const { return home_ / "secrets"; }
    /// The gateway's, when `cert` has made them.
    std::filesystem::path tls_certificate() const { return secrets() / "tls-certificate.pem"; }
    std::filesystem::path tls_key() const { return secrets() / "tls-key.pem"; }
    std::filesystem::path logs() const { return home_ / "log"; }
    std::filesystem::path run() const { return home_ / "run"; }
    std::filesystem::path images() const { return home_ / "images"; }
    /// The local mailbox, where mail goes while no SMTP server is configured.
    std::filesystem::path mail() const { return home_ / "mail"; }
    std::filesystem::path redis() const { return home_ / "redis"; }
    /// A directory or a link to one (see `prepare_database_directory`).
    std::filesystem::path postgres() const { return home_ / "postgres"; }
    std::filesystem::path up_lock() const { return run() / "up.lock"; }
    std::filesystem::path supervisor_lock() const { return run() / "supervisor.lock"; }
    std::filesystem::path supervisor_pid() const { return run() / "supervisor.pid"; }
    std::filesystem::path children() const { return run() / "children.json"; }
    std::filesystem::path log_of(std::string_view process) const { return logs() / (std::string(process) + ".log"); }
    /// Unix sockets: a path of at most 107 bytes, so below home only where that is short. A link in run/ names the place.
    std::filesystem::path sockets() const;
    std::filesystem::path control_socket() const { return sockets() / "control.sock"; }
    std::filesystem::path redis_socket() const { return sockets() / "redis.sock"; }
    std::filesystem::path postgres_sockets() const { return sockets() / "pg"; }

    /// Creates what is missing, everything for the owner only; idempotent. Throws std::runtime_error with one clear line.
    void create() const;
    /// PostgreSQL's directory, owned by `user`. When root's home lies below a directory which that user cannot enter (such as
    /// /root), the data goes to /var/lib/darkroom/<random> and home gets a link to it. Returns the real path.
    std::filesystem::path prepare_database_directory(const std::optional<UnprivilegedUser>& user) const;

private:
    void create_sockets() const;

    std::filesystem::path home_;
};

}  // namespace darkroom::cli
