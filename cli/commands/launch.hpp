// The steps of `up`, in order. Each is harmless when its work is already done, so an interrupted `up` is simply run again.
#pragma once

#include "cli/admin_uis.hpp"
#include "cli/config.hpp"
#include "cli/control.hpp"
#include "cli/plan_builder.hpp"
#include "cli/postgres.hpp"
#include "cli/process.hpp"
#include "cli/progress.hpp"
#include "cli/redis.hpp"

#include <optional>

namespace darkroom::cli {

class Launch {
public:
    Launch(const Settings& settings, const Layout& layout, Progress& progress);

    /// Programs, disk and ports; throws one line for each thing that is in the way.
    void check_ground() const;
    /// Servers prepared, supervisor started. `attached`: it stops when we die.
    void start_supervisor(bool attached);
    /// Servers up, a waiting backup restored, roles, schemas and migrations done, services started and ready. With
    /// `backup_first` everything is backed up there before the migrations.
    void bring_up_services(const std::filesystem::path& backup_first = {});
    void wait_until_ready();

    /// Waits a while for them; one that does not come up is only remarked.
    void bring_up_admin_uis();
    const AdminUis& admin_uis() const { return admin_uis_; }

    /// Things worth a line on the final screen.
    const std::vector<std::string>& remarks() const { return remarks_; }
    const SecretStore& secrets() const { return secrets_; }

private:
    void find_servers(bool starting);
    void wait_for_servers();
    void migrate();
    void restore_waiting_backup();
    std::string redis_url() const;
    void plan_uis();
    std::string administrator_url() const;
    std::string database_url(std::string_view role, std::string_view password) const;
    std::string replica_url(std::string_view role, std::string_view password) const;
    SupervisorStatus require_supervisor() const;
    /// Throws when a process keeps dying: waiting longer would not help.
    void refuse_crash_loop(std::initializer_list<std::string_view> names);

    const Settings& settings_;
    const Layout& layout_;
    Progress& progress_;
    SecretStore secrets_;
    std::optional<PrivatePostgres> postgres_;
    std::optional<PrivateRedis> redis_;
    AdminUis admin_uis_;
    std::vector<std::string> remarks_;
    /// What each process had behind it when we first looked.
    std::map<std::string, std::int64_t, std::less<>> restarts_before_;
};

}  // namespace darkroom::cli
