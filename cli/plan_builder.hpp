// From settings to the six services' processes and environments.
#pragma once

#include "cli/config.hpp"
#include "cli/layout.hpp"
#include "cli/plan.hpp"
#include "cli/secrets.hpp"

#include <functional>

namespace darkroom::cli {

/// Where the servers are, private or given.
struct Servers {
    /// libpq URL for a role.
    std::function<std::string(std::string_view role, std::string_view password)> database_url;
    /// The same for the replica; empty text when there is none.
    std::function<std::string(std::string_view role, std::string_view password)> replica_url;
    std::string redis_url;
};

/// All six services, in the order of the table.
std::vector<PlannedProcess> plan_services(const Settings& settings, const Layout& layout, const SecretStore& secrets,
                                          const Servers& servers);

/// What is remembered of a running system; see RunFacts.
RunFacts run_facts(const Settings& settings);

/// The first setting that is wanted otherwise than it runs, by its name; empty when all agree. What is not asked for
/// (left at its default) agrees with everything.
std::string differing_setting(const RunFacts& wanted, const RunFacts& running);

/// True when it was started without `--admin-uis`.
bool lacks_admin_uis(const RunFacts& running);

/// The settings of the running system wherever nothing else is asked for now. Of its secrets only digests are known: when it
/// was started with one that is missing now, `missing_secret` says its name.
Settings adopt(Settings settings, const RunFacts& running);
std::string missing_secret(const RunFacts& wanted, const RunFacts& running);

/// Environment variables of the operator that are passed on to the services: all but those that mean something else there.
std::vector<std::string> inheritable(const std::vector<std::string>& environment);

}  // namespace darkroom::cli
