#include "tests/harness/system.hpp"

#include "platform/auth/key_material.hpp"
#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"
#include "platform/pg/migrate.hpp"
#include "tests/harness/http.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace darkroom::system_test {

namespace {

namespace fs = std::filesystem;

constexpr const char* superuser = "postgres";
constexpr const char* owner = "darkroom_owner";
constexpr const char* database = "darkroom";
constexpr int start_seconds = 30;

struct Facts {
    Part part;
    std::string_view name;
    std::string_view binary;
    std::string_view schema;
    std::string_view url_variable;
};

constexpr std::array facts{
    Facts{Part::gateway, "api-gateway", "darkroom-gateway", "", "GATEWAY_URL"},
    Facts{Part::events, "event-bus", "darkroom-events", "bus", "EVENTS_URL"},
    Facts{Part::images, "image-service", "darkroom-images", "images", "IMAGES_URL"},
    Facts{Part::users, "user-service", "darkroom-users", "users", "USERS_URL"},
    Facts{Part::auth, "auth-service", "darkroom-auth", "auth", "AUTH_URL"},
    Facts{Part::notifications, "notification-service", "darkroom-notifications", "notifications", "NOTIFICATIONS_URL"},
};

const Facts& facts_of(Part part) {
    for (const auto& row : facts) {
        if (row.part == part) return row;
    }
    throw std::logic_error("not a service");
}

/// DARKROOM_BIN names another build's binaries (a sanitizer's, say).
std::string binary(std::string_view name) {
    const char* directory = std::getenv("DARKROOM_BIN");
    return std::string(directory != nullptr ? directory : DARKROOM_BIN_DIRECTORY) + '/' + std::string(name);
}

std::vector<std::string> postgres_directories() {
    std::vector<std::string> directories;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        directories.push_back((entry.path() / "bin").string());
    }
    std::ranges::sort(directories, std::greater{});
    return directories;
}

std::string run_sql(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
    }
    return PQntuples(result.get()) == 0 ? std::string() : PQgetvalue(result.get(), 0, 0);
}

bool is_free(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(descriptor, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0;
    ::close(descriptor);
    return bound;
}

/// Outside the range that the kernel gives to outgoing connections: nobody takes a killed service's port while it restarts.
std::uint16_t stable_port() {
    static std::uint16_t next = static_cast<std::uint16_t>(12'000 + (::getpid() % 1'500) * 12);
    for (int tries = 0; tries < 1'000; ++tries) {
        const std::uint16_t candidate = next++;
        if (is_free(candidate)) return candidate;
    }
    throw std::runtime_error("no free port");
}

std::string clients_document(const std::string& secret) {
    json::Object clients{{"darkroom-cli", secret}};
    for (const auto& row : facts) clients.emplace(row.name, secret);
    return json::serialize(clients);
}

void write_private(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
    ::chmod(path.c_str(), 0600);
}

}  // namespace

std::string_view name_of(Part part) {
    if (part == Part::redis) return "redis";
    if (part == Part::postgres) return "postgres";
    return facts_of(part).name;
}

System& System::instance() {
    static System system;
    static const bool ready = [] {
        system.wait_all_ready();
        return true;
    }();
    static_cast<void>(ready);
    return system;
}

System::System(SystemOptions options) : options_(std::move(options)), secret_(random_token()) {
    const char* kept = std::getenv("DARKROOM_TEST_LOGS");
    log_directory_ = kept != nullptr ? kept : directory_.path();
    attached_ = Attached::from_environment();
    if (!attached_) start_all();
    for (const auto part : services) {
        if (attached_) ports_[part].push_back(attached_->ports.at(std::string(name_of(part))));
    }
}

void System::start_all() {
    for (const auto part : services) {
        for (std::size_t i = 0; i < options_.instances; ++i) ports_[part].push_back(stable_port());
        processes_[part].resize(options_.instances);
    }
    write_private(signing_key_file(), auth::KeyMaterial::generate(auth::Algorithm::EdDSA).private_pem());
    write_private(directory_.path() + "/clients.json", clients_document(secret_));
    fs::create_directory(data_directory());
    start_redis();
    make_database();
    const testing::PgBouncerOptions pooler{.server_directory = directory_.path(), .user = superuser, .server_connections = 4};
    if (options_.pooler) pooler_ = std::make_unique<testing::PgBouncer>(pooler);
    if (options_.replica) replica_ = std::make_unique<testing::PgReplica>(directory_.path(), superuser);
    for (const auto part : services) {
        for (std::size_t i = 0; i < options_.instances; ++i) start_service(part, i);
    }
}

System::~System() = default;

void System::start_redis() {
    switch (options_.redis) {
        case RedisKind::single: redis_ = std::make_unique<testing::RedisServer>(); break;
        case RedisKind::cluster: cluster_ = std::make_unique<testing::RedisCluster>(); break;
        case RedisKind::sentinel: sentinel_ = std::make_unique<testing::RedisSentinel>(); break;
    }
}

std::string System::redis_url() const {
    if (cluster_) return cluster_->url();
    return sentinel_ ? sentinel_->url() : redis_->url();
}

std::string System::urls(Part service) const {
    std::string list;
    for (const auto number : ports_.at(service)) {
        list += (list.empty() ? "" : ",") + ("http://127.0.0.1:" + std::to_string(number));
    }
    return list;
}

std::string System::urls_for(Part asker, Part service) const {
    if (options_.announced && asker == Part::gateway) return "http://127.0.0.1:" + std::to_string(port(service));
    return urls(service);
}

std::string System::database_url(std::string_view role) const {
    return fmt::format("postgresql://{}@/{}?host={}", role, database, directory_.path());
}

void System::make_database() {
    const auto initdb = testing::find_program("initdb", postgres_directories());
    testing::Process init({.arguments = {initdb, "-D", directory_.path() + "/pg", "-U", superuser, "--auth=trust", "-E", "UTF8",
                                         "--locale=C", "--no-sync"},
                           .directory = directory_.path(),
                           .log = log_of("initdb"),
                           .user = superuser});
    if (init.wait() != 0) throw std::runtime_error("initdb failed:\n" + log_tails());
    start_postgres();
    const auto maintenance = fmt::format("postgresql://{}@/postgres?host={}", superuser, directory_.path());
    testing::wait_until([&] { return PQping(maintenance.c_str()) == PQPING_OK; }, start_seconds, "PostgreSQL");
    run_sql(maintenance, "CREATE DATABASE darkroom");
    for (const auto& row : facts) {
        if (row.schema.empty()) continue;
        pg::provision(database_url(superuser), {std::string(row.schema), "darkroom_" + std::string(row.schema), ""}, owner, "");
        migrate(row.part);
    }
}

void System::start_postgres() {
    const auto program = testing::find_program("postgres", postgres_directories());
    // fsync=off: our crashes are of processes, and what a killed one has written the kernel still has.
    postgres_ = testing::Process(
        {.arguments = {program, "-D", directory_.path() + "/pg", "-k", directory_.path(), "-c", "listen_addresses=", "-c",
                       "fsync=off", "-c", "shared_buffers=64MB", "-c", "max_connections=200"},
         .directory = directory_.path(),
         .log = log_of("postgres"),
         .user = superuser,
         .death_signal = SIGQUIT});
}

void System::migrate(Part service) {
    const auto& row = facts_of(service);
    testing::Process process({.arguments = {binary(row.binary), "migrate"},
                              .environment = {"MIGRATION_DATABASE_URL=" + database_url(owner)},
                              .log = log_of(row.name)});
    if (process.wait() != 0) throw std::runtime_error(std::string(row.name) + " cannot migrate:\n" + log_tails());
}

void System::add_databases(std::vector<std::string>& environment, std::string_view role) const {
    const std::string name(role);
    environment.push_back("DATABASE_URL=" + (pooler_ ? pooler_->url(name, database, true) : database_url(role)));
    if (replica_) environment.push_back("DATABASE_REPLICA_URL=" + replica_->url(name, database));
}

std::vector<std::string> System::environment_of(Part service, std::size_t instance) const {
    const auto& row = facts_of(service);
    std::vector<std::string> environment = options_.environment;
    for (const auto& other : facts)
        environment.push_back(std::string(other.url_variable) + '=' + urls_for(service, other.part));
    if (options_.announced) environment.emplace_back("INSTANCE_URL=auto");
    environment.push_back("BIND=127.0.0.1");
    environment.push_back("PORT=" + std::to_string(port(service, instance)));
    environment.push_back("PUBLIC_URL=http://127.0.0.1:" + std::to_string(port(Part::gateway)));
    environment.push_back("REDIS_URL=" + redis_url());
    environment.push_back("SERVICE_SECRET=" + secret_);
    if (!row.schema.empty()) add_databases(environment, "darkroom_" + std::string(row.schema));
    if (service == Part::images) environment.push_back("DATA_DIR=" + data_directory());
    if (service == Part::notifications) environment.push_back("MAIL_DIR=" + mail_directory());
    if (service == Part::auth) {
        environment.push_back("AUTH_SIGNING_KEY_FILE=" + signing_key_file());
        environment.push_back("AUTH_CLIENTS_FILE=" + directory_.path() + "/clients.json");
        environment.emplace_back("AUTH_BCRYPT_COST=10");
        environment.emplace_back("AUTH_SESSION_USE_INTERVAL=1s");
    }
    // Hundreds of requests from one address in a few seconds: the limits are there, but out of the way.
    if (service == Part::gateway) {
        environment.emplace_back("CORS_ORIGINS=https://app.example.com");
        environment.emplace_back("DARKROOM_RATE_LIMITS=anonymous=100000,guest=100000,user=100000,premium=100000,admin=100000");
    }
    return environment;
}

void System::start_service(Part service, std::size_t instance) {
    const auto& row = facts_of(service);
    const auto suffix = instance == 0 ? std::string() : '-' + std::to_string(instance + 1);
    processes_[service][instance] = testing::Process({.arguments = {binary(row.binary)},
                                                      .environment = environment_of(service, instance),
                                                      .directory = directory_.path(),
                                                      .log = log_of(std::string(row.name) + suffix)});
}

void System::kill(Part part, std::size_t instance) {
    if (attached_) return attached_->run("kill", std::string(name_of(part)));
    if (part == Part::redis) return redis_->kill();
    auto& process = part == Part::postgres ? postgres_ : processes_.at(part).at(instance);
    process.signal(SIGKILL);
    process.wait();
}

void System::start(Part part, std::size_t instance) {
    if (attached_) return attached_->run("start", std::string(name_of(part)));
    if (part == Part::redis) return redis_->start();
    if (part != Part::postgres) return start_service(part, instance);
    // The killed server's children hold its shared memory until they notice; until then a new one refuses to start.
    const auto address = database_url(superuser);
    const auto answers = [this, &address] {
        if (PQping(address.c_str()) == PQPING_OK) return true;
        if (postgres_.poll()) start_postgres();
        return false;
    };
    testing::wait_until(answers, start_seconds, "PostgreSQL");
}

void System::wait_ready(Part service) const {
    const auto ready = [this, service] {
        return std::ranges::all_of(ports_.at(service), [](std::uint16_t number) {
            HttpClient client(number);
            return client.get("/health/ready").status == 200;
        });
    };
    try {
        testing::wait_until(ready, start_seconds, name_of(service));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(std::string(error.what()) + '\n' + log_tails());
    }
}

void System::wait_all_ready() const {
    for (const auto part : services) wait_ready(part);
}

std::string System::query(const std::string& sql) const {
    return run_sql(attached_ ? attached_->database_url : database_url(superuser), sql);
}

std::string System::log_tails(std::size_t bytes) const {
    std::string text;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(log_directory_, ignored)) {
        if (entry.path().extension() != ".log") continue;
        std::ifstream file(entry.path());
        std::string content(std::istreambuf_iterator<char>(file), {});
        if (content.size() > bytes) content.erase(0, content.size() - bytes);
        text += "---- " + entry.path().filename().string() + '\n' + content;
    }
    return text;
}

}  // namespace darkroom::system_test
