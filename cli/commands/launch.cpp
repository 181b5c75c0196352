#include "cli/commands/launch.hpp"

#include "cli/backup.hpp"
#include "cli/database.hpp"
#include "cli/http_request.hpp"
#include "cli/migrations.hpp"
#include "cli/ports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t least_disk = 300LL * 1024 * 1024;
constexpr Milliseconds servers_limit = 60s;
constexpr Milliseconds ready_limit = 60s;
constexpr std::int64_t too_many_restarts = 5;

}  // namespace

Launch::Launch(const Settings& settings, const Layout& layout, Progress& progress)
    : settings_(settings), layout_(layout), progress_(progress), secrets_(layout.secrets()) {}

void Launch::check_ground() const {
    for (const auto& service : services) {
        const auto program = settings_.binaries / service.binary;
        if (::access(program.c_str(), X_OK) != 0) {
            throw std::runtime_error(
                fmt::format("{} is missing: build it with ./darkroom up from a checkout", program.string()));
        }
    }
    struct statvfs disk{};
    if (::statvfs(layout_.home().c_str(), &disk) == 0) {
        const auto free_bytes = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
        if (free_bytes < least_disk) {
            throw std::runtime_error(fmt::format("only {} MB are free below {}: {} MB are needed", free_bytes / 1024 / 1024,
                                                 layout_.home().string(), least_disk / 1024 / 1024));
        }
    }
    std::vector<std::string> taken;
    for (const auto& service : services) {
        const auto port = settings_.port_of(service.name);
        const auto host = service.name == gateway ? settings_.bind : std::string("127.0.0.1");
        if (is_free(host == "localhost" ? "127.0.0.1" : host, port)) continue;
        taken.push_back(fmt::format("port {} of {} is taken by {}: stop it, or set {} or DARKROOM_PORT_OFFSET", port,
                                    service.name, owner_of_port(port), service.port_variable));
    }
    if (!taken.empty()) throw std::runtime_error(fmt::format("{}", fmt::join(taken, "\n")));
}

void Launch::find_servers(bool starting) {
    const auto offset = settings_.port_offset;
    const auto may_listen = [this, starting](std::string_view name, std::uint16_t port) {
        // Of running servers only the sockets' addresses matter, and the port is taken by themselves.
        if (!starting || is_free("127.0.0.1", port)) return true;
        remarks_.push_back(
            fmt::format("port {} is taken by {}: our {} listens on its socket only", port, owner_of_port(port), name));
        return false;
    };
    if (settings_.database_url.empty()) {
        progress_.step("preparing PostgreSQL");
        const auto port = static_cast<std::uint16_t>(postgres_port + offset);
        postgres_.emplace(layout_, port, may_listen("PostgreSQL", port));
    }
    if (settings_.redis_url.empty()) {
        const auto port = static_cast<std::uint16_t>(redis_port + offset);
        redis_.emplace(layout_, port, may_listen("Redis", port), secrets_.get_or_create("redis"));
    }
}

void Launch::start_supervisor(bool attached) {
    find_servers(true);
    Plan plan{.lock_file = layout_.supervisor_lock().string(),
              .pid_file = layout_.supervisor_pid().string(),
              .children_file = layout_.children().string(),
              .control_socket = layout_.control_socket().string(),
              .log_file = layout_.log_of(supervisor).string(),
              .facts = run_facts(settings_)};
    if (postgres_) {
        postgres_->prepare();
        plan.processes.push_back(postgres_->process());
    }
    if (redis_) {
        redis_->prepare();
        plan.processes.push_back(redis_->process());
    }
    const Servers servers{[this](std::string_view role, std::string_view password) { return database_url(role, password); },
                          [this](std::string_view role, std::string_view password) { return replica_url(role, password); },
                          redis_url()};
    for (auto& service : plan_services(settings_, layout_, secrets_, servers)) plan.processes.push_back(std::move(service));
    if (settings_.admin_uis) plan_uis();
    for (const auto& process : admin_uis_.processes) {
        if (is_free("127.0.0.1", static_cast<std::uint16_t>(process.port))) {
            plan.processes.push_back(process);
        } else {
            remarks_.push_back(fmt::format("port {} of {} is taken: it is left out", process.port, process.name));
        }
    }

    progress_.step("starting the supervisor");
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    Descriptor reader(pipe[0]);
    Descriptor writer(pipe[1]);
    const Descriptor log(::open(plan.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const Program program{.arguments = {(settings_.binaries / "darkroom-supervisor").string()},
                          .environment = {"PATH=/usr/bin:/bin", "TZ=UTC"},
                          .directory = "/",
                          .death_signal = attached ? SIGTERM : 0};
    const auto pid = start(program, reader.get(), log.get(), log.get());
    reader.reset();
    // Through a pipe, because the plan holds passwords.
    const auto text = json::serialize(json::encode(plan));
    for (std::string_view rest = text; !rest.empty();) {
        const auto count = ::write(writer.get(), rest.data(), rest.size());
        if (count <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    writer.reset();
    const auto deadline = SteadyClock::now() + 10s;
    while (!supervisor_status(layout_)) {
        if (::waitpid(pid, nullptr, WNOHANG) == pid || SteadyClock::now() > deadline) {
            throw std::runtime_error("the supervisor did not start: " + last_message_of(plan.log_file));
        }
        ::usleep(2'000);
    }
}

SupervisorStatus Launch::require_supervisor() const {
    auto status = supervisor_status(layout_);
    if (!status) throw std::runtime_error(fmt::format("the supervisor has died: see {}", layout_.log_of(supervisor).string()));
    return std::move(*status);
}

void Launch::refuse_crash_loop(std::initializer_list<std::string_view> names) {
    const auto status = require_supervisor();
    for (const auto name : names) {
        const auto* child = status.find(name);
        if (child == nullptr) continue;
        const auto before = restarts_before_.try_emplace(child->name, child->restarts).first->second;
        if (child->restarts < before + too_many_restarts || child->uptime_milliseconds > 5000) continue;
        throw std::runtime_error(
            fmt::format("{0} does not stay up: {1} (./darkroom logs {0} has more)", name, message_of(child->last_line)));
    }
}

std::string Launch::redis_url() const {
    return redis_ ? redis_->url() : std::string(settings_.redis_url.reveal());
}

void Launch::plan_uis() {
    const auto database = postgres_ ? administrator_url() : for_administration(administrator_url());
    admin_uis_ = plan_admin_uis(settings_, layout_, secrets_, redis_url(), database);
}

void Launch::bring_up_admin_uis() {
    if (!postgres_ && !redis_) find_servers(false);
    if (admin_uis_.shown.empty() && admin_uis_.missing.empty()) plan_uis();
    progress_.step("starting the admin UIs");
    const auto deadline = SteadyClock::now() + ready_limit;
    for (const auto& ui : admin_uis_.shown) {
        while (!http_exchange("127.0.0.1", ui.port, {.path = "/"}, 2s)) {
            progress_.tick();
            if (SteadyClock::now() > deadline) {
                remarks_.push_back(fmt::format("the UI of {} is still starting: ./darkroom status tells", ui.name));
                break;
            }
            ::usleep(100'000);
        }
    }
}

std::string Launch::administrator_url() const {
    return postgres_ ? postgres_->administrator_url(database_name) : std::string(settings_.database_url.reveal());
}

std::string Launch::database_url(std::string_view role, std::string_view password) const {
    return postgres_ ? postgres_->url(role, password)
                     : url_for_role(std::string(settings_.database_url.reveal()), role, password);
}

std::string Launch::replica_url(std::string_view role, std::string_view password) const {
    if (settings_.database_replica_url.empty()) return {};
    return url_for_role(std::string(settings_.database_replica_url.reveal()), role, password);
}

void Launch::wait_for_servers() {
    progress_.step("starting PostgreSQL and Redis");
    const auto url =
        postgres_ ? postgres_->administrator_url("postgres") : for_administration(std::string(settings_.database_url.reveal()));
    const auto deadline = SteadyClock::now() + (postgres_ ? servers_limit : Milliseconds{10s});
    while (!database_answers(url, 100ms)) {
        progress_.tick();
        refuse_crash_loop({postgres, redis});
        if (SteadyClock::now() > deadline) {
            throw std::runtime_error(postgres_ ? "PostgreSQL does not answer: see ./darkroom logs postgres"
                                               : "the server of DATABASE_URL does not answer");
        }
    }
    while (redis_ && !redis_->answers()) {
        progress_.tick();
        refuse_crash_loop({redis});
        if (SteadyClock::now() > deadline) throw std::runtime_error("Redis does not answer: see ./darkroom logs redis");
        ::usleep(5'000);
    }
    if (postgres_) create_database(url, database_name);
}

void Launch::migrate() {
    progress_.step("preparing the database");
    try {
        provision_services(administrator_url(), secrets_);
    } catch (const std::runtime_error& error) {
        if (postgres_) throw;
        throw std::runtime_error(fmt::format(
            "DATABASE_URL: its role must be allowed to create roles and, in its database, schemas: {}", error.what()));
    }
    const auto owner_password = secrets_.get_or_create(SecretStore::database_password_name(owner_role));
    const auto owner_url = database_url(owner_role, owner_password.reveal());
    progress_.step("migrating");
    run_migrations(settings_.binaries, owner_url, layout_.logs(), [this] { progress_.tick(); });
}

void Launch::wait_until_ready() {
    progress_.step("starting the services");
    ask_supervisor(layout_, {ControlCommand::start, last_stage});
    std::set<std::string_view> waiting;
    for (const auto& service : services) waiting.insert(service.name);
    const auto deadline = SteadyClock::now() + ready_limit;
    while (!waiting.empty()) {
        for (const auto& service : services) {
            if (!waiting.contains(service.name)) continue;
            const auto host = service.name == gateway ? settings_.reachable_bind() : std::string("127.0.0.1");
            const auto answer = http_exchange(host, settings_.port_of(service.name), {.path = "/health/ready"}, 1s);
            if (answer && answer->status == 200) waiting.erase(service.name);
        }
        if (waiting.empty()) return;
        progress_.tick();
        for (const auto name : waiting) refuse_crash_loop({name});
        if (SteadyClock::now() > deadline) {
            const auto status = require_supervisor();
            const auto* child = status.find(*waiting.begin());
            throw std::runtime_error(fmt::format("{0} is not ready after {1} s: {2} (./darkroom logs {0} has more)",
                                                 *waiting.begin(), ready_limit.count() / 1000,
                                                 child == nullptr ? "" : message_of(child->last_line)));
        }
        ::usleep(10'000);
    }
}

void Launch::restore_waiting_backup() {
    if (!database_waits_for_restore(layout_)) return;
    progress_.step("restoring the database");
    // The dump's objects belong to roles that must be there before them.
    provision_services(administrator_url(), secrets_);
    restore_database(backup_database(settings_, layout_), layout_);
}

void Launch::bring_up_services(const fs::path& backup_first) {
    // After an interrupted `up` the supervisor runs already, and we only need to know the servers again.
    if (!postgres_ && !redis_) find_servers(false);
    wait_for_servers();
    restore_waiting_backup();
    if (!backup_first.empty()) create_backup(backup_database(settings_, layout_), layout_, backup_first, progress_);
    migrate();
    wait_until_ready();
}

}  // namespace darkroom::cli
