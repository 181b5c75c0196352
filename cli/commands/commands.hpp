// One function for each command. They return the exit code or throw std::runtime_error with the one line that main prints.
#pragma once

#include "cli/config.hpp"
#include "cli/control.hpp"

#include <string>

namespace darkroom::cli {

struct UpOptions {
    bool foreground = false;
    bool demo = false;
    bool admin_uis = false;
    /// Not empty: where everything is backed up before the migrations of a start.
    std::string backup_first{};
};
int up(Settings settings, const UpOptions& options);

int down(const Settings& settings);

struct StatusOptions {
    bool json = false;
};
int status(const Settings& settings, const StatusOptions& options);

struct LogsOptions {
    /// Empty: all of them.
    std::string service;
    /// Only lines with this correlation or trace id.
    std::string trace;
    bool follow = false;
    bool json = false;
    /// How many of the newest lines; 0: all.
    int lines = 200;
};
int logs(const Settings& settings, const LogsOptions& options);

struct DoctorOptions {
    bool json = false;
};
int doctor(const Settings& settings, const DoctorOptions& options);

/// Empty `file`: below <home>/backups, named by the time.
int backup_create(Settings settings, const std::string& file);
int backup_verify(const Settings& settings, const std::string& file);
/// Into a home (and a database) that holds nothing yet; then starts everything.
int backup_restore(const Settings& settings, const std::string& file);
/// Backs everything up, then starts what was built last, with its migrations.
int upgrade(const Settings& settings);

struct SeedOptions {
    /// For each sample account.
    int photos = 5;
};
/// The demo accounts with photos and transformations of them; on loopback only.
int seed(const Settings& settings, const SeedOptions& options);

/// What one request caused, from logs and events, in the order of time.
int trace(const Settings& settings, const std::string& id);

struct TailOptions {
    /// Exact, or "image.*"; empty: all.
    std::string type;
    std::string user_id;
    /// How many of the past to begin with.
    int lines = 10;
    bool json = false;
    /// Stop after the past ones.
    bool no_follow = false;
};
int events_tail(const Settings& settings, const TailOptions& options);

/// Roles, schemas and every service's migrations at the server of DATABASE_URL; for systems that `up` does not run
/// (containers).
int migrate(const Settings& settings);

struct MailOptions {
    int lines = 20;
    bool json = false;
};
/// The local mailbox, where mail goes while no SMTP server is configured; the newest first.
int mail_list(const Settings& settings, const MailOptions& options);
/// By its number in the list.
int mail_show(const Settings& settings, int number);

/// New keys for tokens, the old ones still verify; restarts auth-service.
int keys_rotate(const Settings& settings);

struct CertOptions {
    /// Further names and addresses that the certificate is for.
    std::vector<std::string> hosts;
    int days = 397;
    /// Replace the one that is there.
    bool force = false;
};
/// A certificate for the gateway that signs itself.
int cert(const Settings& settings, const CertOptions& options);

int open(const Settings& settings);
int admin_link(const Settings& settings);
int admin_create(const Settings& settings, const std::string& email, const std::string& password_file);

/// Makes sure that nothing of an earlier run is left: waits for what is ending, kills what does not. The supervisor must be
/// gone.
void end_leftovers(const Layout& layout);

/// Tells the supervisor to stop everything and waits until it is gone.
void stop_system(const Layout& layout, const SupervisorStatus& running);

}  // namespace darkroom::cli
