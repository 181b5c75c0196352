// Private PostgreSQL and Redis for tests. They die with the test program, whatever it dies of; a missing server binary fails.
#pragma once

#include "platform/core/embedded.hpp"
#include "platform/testing/process.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace darkroom::testing {

/// A private, migrated database with the roles of PLAN and DESIGN: schema `schema`, login role `darkroom_<schema>`, owner
/// `darkroom_owner`. Cloned in some 50 ms from a template that is migrated once per test program and schema. The one PostgreSQL
/// server of the program starts at the first use. Tests need no clean-up.
class PgDatabase {
public:
    PgDatabase(std::string schema, std::vector<std::span<const EmbeddedFile>> migrations);
    ~PgDatabase();
    PgDatabase(const PgDatabase&) = delete;
    PgDatabase& operator=(const PgDatabase&) = delete;

    /// For the service's role.
    const std::string& url() const { return url_; }
    /// For the owner of the schema, the role that migrates.
    const std::string& owner_url() const { return owner_url_; }
    /// For the superuser: to look at everything, or to break things.
    const std::string& administrator_url() const { return administrator_url_; }
    /// Ends every other connection to this database, as a crash of the server would. Blocks.
    void disconnect_everybody();
    /// Refuses (or again accepts) connections to this database, as a server that is away would; existing ones are ended.
    /// Blocks.
    void accept_connections(bool accept);
    /// Runs SQL as the superuser and returns the first column of the first row, or "". Blocks.
    std::string query(const std::string& sql);

    /// Where the one server's socket lies, and the system's user it runs as.
    static std::string server_directory();
    static std::string server_user();
    const std::string& name() const { return name_; }

    /// The whole server, for all tests of the program: an immediate shutdown without checkpoint (what a crash looks like to
    /// clients and to recovery), and up again. Both block.
    static void crash_server();
    static void start_server();

private:
    std::string name_;
    std::string url_;
    std::string owner_url_;
    std::string administrator_url_;
};

/// A private Redis on a unix socket and a free TCP port; started by the constructor. Persistence is off.
class RedisServer {
public:
    RedisServer();

    /// unix:///…
    const std::string& url() const { return url_; }
    /// redis://127.0.0.1:port
    const std::string& tcp_url() const { return tcp_url_; }
    /// SIGKILL, data gone.
    void kill();
    /// After `kill`, on the same addresses.
    void start();
    /// SIGSTOP: the connections stand, nothing answers.
    void freeze();
    void thaw();

private:
    TemporaryDirectory directory_;
    std::uint16_t port_;
    std::string url_;
    std::string tcp_url_;
    Process process_;
};

}  // namespace darkroom::testing
