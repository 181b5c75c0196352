// PgBouncer before the test's PostgreSQL, and a streaming replica beside it. Gone with the test program.
#pragma once

#include "platform/testing/process.hpp"
#include "platform/testing/servers.hpp"

#include <string>

namespace darkroom::testing {

struct PgBouncerOptions {
    /// Directory of the server's socket, and the system's user it runs as.
    std::string server_directory;
    std::string user;
    /// So few that clients must share them.
    int server_connections = 2;
};

/// PgBouncer in transaction mode.
class PgBouncer {
public:
    explicit PgBouncer(const PgBouncerOptions& options);

    /// For a role and a database of the server; with `direct` also what is behind, for LISTEN and migrations.
    std::string url(const std::string& role, const std::string& database, bool direct) const;

private:
    TemporaryDirectory directory_;
    std::string server_directory_;
    std::uint16_t port_;
    Process process_;
};

/// A copy of a whole server, made by pg_basebackup, that follows it.
class PgReplica {
public:
    /// Of the server whose socket lies in `server_directory` and which runs as `user`.
    PgReplica(const std::string& server_directory, std::string user);

    /// For a role and a database of the server.
    std::string url(const std::string& role, const std::string& database) const;
    /// SIGQUIT: as good as a crash.
    void kill();
    /// The replica goes on answering, but stands still.
    void pause();

private:
    void start();
    std::string ask(const std::string& sql) const;

    TemporaryDirectory directory_;
    std::string user_;
    Process process_;
};

}  // namespace darkroom::testing
