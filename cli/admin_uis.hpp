// Redis Commander and pgAdmin beside a native system (`up --admin-uis`): on loopback, each behind a generated password,
// configured by files that only we can read.
#pragma once

#include "cli/config.hpp"
#include "cli/layout.hpp"
#include "cli/plan.hpp"
#include "cli/secrets.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// One of the two, as it is shown at the end of `up`.
struct AdminUi {
    std::string name;
    std::uint16_t port = 0;
    std::string user;
    std::string password;
};

struct AdminUis {
    std::vector<AdminUi> shown;
    std::vector<PlannedProcess> processes;
    /// A line for each that tools/fetch-admin-uis could not get.
    std::vector<std::string> missing;
};

/// Writes the configurations and plans the processes. `redis_url` is REDIS_URL; `database` the server's administrator, a libpq
/// URL without password where it is our private one.
AdminUis plan_admin_uis(const Settings& settings, const Layout& layout, const SecretStore& secrets,
                        const std::string& redis_url, const std::string& database);

}  // namespace darkroom::cli
