// The private PostgreSQL: found, initialised once, configured for little idle memory and full durability.
#pragma once

#include "cli/layout.hpp"
#include "cli/plan.hpp"
#include "cli/process.hpp"

#include <cstdint>

namespace darkroom::cli {

/// "/usr/lib/postgresql/15/bin" of the newest installed version, or of the one that made the existing data.
/// Throws std::runtime_error naming what to install.
std::filesystem::path postgres_programs(const Layout& layout);

/// The same of the newest installed version, whatever data there is.
std::filesystem::path newest_postgres_programs();

class PrivatePostgres {
public:
    /// `port` names the socket; 0 < `tcp_port` also listens on 127.0.0.1.
    PrivatePostgres(const Layout& layout, std::uint16_t port, bool tcp);

    /// Runs initdb where there is no data yet (interrupted ones are started over), writes the configuration, and removes what
    /// a crashed server left in the way. Nothing of ours may be running.
    void prepare() const;
    PlannedProcess process() const;
    /// The superuser, by peer authentication over the socket.
    std::string administrator_url(std::string_view database) const;
    /// A role with its password, over the socket.
    std::string url(std::string_view role, std::string_view password) const;

private:
    void initialise() const;
    void remove_unfinished() const;
    void write_configuration() const;
    void remove_stale_locks() const;
    Program as_database_user(std::vector<std::string> arguments) const;

    const Layout& layout_;
    std::uint16_t port_;
    bool tcp_;
    std::optional<UnprivilegedUser> user_;
    std::filesystem::path programs_;
    std::filesystem::path directory_;
};

}  // namespace darkroom::cli
