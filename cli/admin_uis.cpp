#include "cli/admin_uis.hpp"

#include "cli/topology.hpp"
#include "platform/core/encoding.hpp"
#include "platform/redis/url.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view loopback = "127.0.0.1";
constexpr std::uint16_t redis_commander_port = 8081;
constexpr std::uint16_t pgadmin_port = 8082;
constexpr std::string_view user = "admin";
/// pgAdmin signs in by e-mail; this one receives nothing.
constexpr std::string_view email = "admin@darkroom.example";

fs::path installed(const Settings& settings) {
    return settings.root / "build/deps/admin-uis";
}

fs::path home_of(const Layout& layout, std::string_view name) {
    const auto path = layout.home() / "admin-uis" / name;
    fs::create_directories(path);
    fs::permissions(path, fs::perms::owner_all);
    return path;
}

/// As Redis Commander's configuration wants it.
json::Object redis_connection(const redis::Url& url) {
    json::Object connection{{"label", "darkroom"}, {"dbIndex", url.database}};
    if (!url.password.empty()) connection["password"] = std::string(url.password.reveal());
    if (!url.user.empty()) connection["username"] = url.user;
    if (!url.path.empty()) {
        connection["path"] = url.path;
        return connection;
    }
    std::string nodes;
    for (const auto& node : url.nodes) nodes += fmt::format("{}{}:{}", nodes.empty() ? "" : ",", node.host, node.port);
    switch (url.topology) {
        case redis::Topology::single:
            connection["host"] = url.host;
            connection["port"] = url.port;
            break;
        case redis::Topology::sentinel:
            connection["sentinels"] = nodes;
            connection["sentinelName"] = url.master;
            break;
        case redis::Topology::cluster:
            connection["clusters"] = nodes;
            connection["isCluster"] = true;
            break;
    }
    return connection;
}

void add_redis_commander(AdminUis& uis, const Settings& settings, const Layout& layout, const SecretStore& secrets,
                         const std::string& redis_url) {
    const auto program = installed(settings) / "redis-commander/node_modules/redis-commander";
    if (!fs::exists(program / "bin/redis-commander.js")) {
        uis.missing.emplace_back("Redis Commander is missing: tools/fetch-admin-uis tells why");
        return;
    }
    const auto home = home_of(layout, redis_commander);
    const auto port = static_cast<std::uint16_t>(redis_commander_port + settings.port_offset);
    const auto password = std::string(secrets.get_or_create("redis-commander").reveal());
    const auto url = redis::Url::parse(redis_url);
    const json::Object configuration{
        {"noSave", true},
        {"server",
         json::Object{{"address", loopback},
                      {"port", port},
                      {"httpAuth", json::Object{{"username", user},
                                                {"password", password},
                                                {"jwtSecret", secrets.get_or_create("redis-commander.jwt").reveal()}}}}},
        {"connections", url ? json::Array{redis_connection(*url)} : json::Array{}},
    };
    SecretStore::write_private(home / "local.json", json::pretty(configuration));
    // Its own defaults have to lie beside: node-config reads one directory.
    fs::copy_file(program / "config/default.json", home / "default.json", fs::copy_options::overwrite_existing);
    uis.processes.push_back({.name = std::string(redis_commander),
                             .stage = static_cast<int>(Stage::services),
                             .arguments = {"/usr/bin/env", "node", (program / "bin/redis-commander.js").string()},
                             .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production",
                                             "NODE_CONFIG_DIR=" + home.string(), "HOME=" + home.string()},
                             .directory = home.string(),
                             .port = port,
                             .log_file = layout.log_of(redis_commander).string()});
    uis.shown.push_back({"Redis", port, std::string(user), password});
}

/// servers.json; the password of a given server is asked for by pgAdmin and not kept here.
json::Object pgadmin_servers(const std::string& database, bool is_given) {
    json::Object server{{"Name", "darkroom"}, {"Group", "Servers"},     {"Port", postgres_port},
                        {"Host", loopback},   {"Username", "postgres"}, {"MaintenanceDB", database_name}};
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(database.c_str(), nullptr),
                                                                               &PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val == nullptr || *option->val == '\0') continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host") server["Host"] = option->val;
        if (keyword == "port") server["Port"] = std::atoi(option->val);
        if (keyword == "user") server["Username"] = option->val;
        if (keyword == "dbname") server["MaintenanceDB"] = option->val;
    }
    // Our own server knows us by the socket: an empty password file keeps pgAdmin from asking for what nobody wants.
    json::Object parameters{{"sslmode", "prefer"}};
    if (!is_given) parameters["passfile"] = "/pgpass";
    server["ConnectionParameters"] = parameters;
    return {{"Servers", json::Object{{"1", server}}}};
}

std::string pgadmin_configuration(const fs::path& home, std::uint16_t port, std::string_view key) {
    return fmt::format(R"(# Written by darkroom at every start; edits are lost.
SERVER_MODE = True
DEFAULT_SERVER = '{}'
DEFAULT_SERVER_PORT = {}
SECRET_KEY = '{}'
DATA_DIR = r'{}'
LOG_FILE = DATA_DIR + '/pgadmin4.log'
SQLITE_PATH = DATA_DIR + '/pgadmin4.db'
SESSION_DB_PATH = DATA_DIR + '/sessions'
STORAGE_DIR = DATA_DIR + '/storage'
AZURE_CREDENTIAL_CACHE_DIR = DATA_DIR + '/azure'
KERBEROS_CCACHE_DIR = DATA_DIR + '/kerberos'
MASTER_PASSWORD_REQUIRED = False
UPGRADE_CHECK_ENABLED = False
ALLOW_SAVE_PASSWORD = False
)",
                       loopback, port, key, (home / "data").string());
}

void add_pgadmin(AdminUis& uis, const Settings& settings, const Layout& layout, const SecretStore& secrets,
                 const std::string& database) {
    const auto environment = installed(settings) / "pgadmin";
    if (!fs::exists(environment / "installed.txt")) {
        uis.missing.emplace_back("pgAdmin is missing: tools/fetch-admin-uis tells why");
        return;
    }
    const auto home = home_of(layout, pgadmin);
    const auto port = static_cast<std::uint16_t>(pgadmin_port + settings.port_offset);
    const auto password = std::string(secrets.get_or_create("pgadmin").reveal());
    SecretStore::write_private(home / "config_local.py",
                               pgadmin_configuration(home, port, secrets.get_or_create("pgadmin.key").reveal()));
    SecretStore::write_private(home / "servers.json", json::pretty(pgadmin_servers(database, !settings.database_url.empty())));
    SecretStore::write_private(home / "password", password);
    uis.processes.push_back(
        {.name = std::string(pgadmin),
         .stage = static_cast<int>(Stage::services),
         .arguments = {(environment / "bin/python3").string(), (settings.root / "tools/admin-uis/pgadmin/run.py").string()},
         .environment = {"PATH=/usr/bin:/bin", "PGADMIN_HOME=" + home.string(), "HOME=" + home.string(),
                         fmt::format("PGADMIN_SETUP_EMAIL={}", email), "LC_ALL=C.UTF-8"},
         .directory = home.string(),
         .port = port,
         .log_file = layout.log_of(pgadmin).string()});
    uis.shown.push_back({"PostgreSQL", port, std::string(email), password});
}

}  // namespace

AdminUis plan_admin_uis(const Settings& settings, const Layout& layout, const SecretStore& secrets,
                        const std::string& redis_url, const std::string& database) {
    AdminUis uis;
    add_redis_commander(uis, settings, layout, secrets, redis_url);
    add_pgadmin(uis, settings, layout, secrets, database);
    return uis;
}

}  // namespace darkroom::cli
