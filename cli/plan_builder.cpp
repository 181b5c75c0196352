#include "cli/plan_builder.hpp"

#include "cli/database.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view loopback = "127.0.0.1";
constexpr std::string_view admin_uis_fact = "DARKROOM_ADMIN_UIS";

/// What the operator's own environment says of it, or empty.
std::string_view inherited(const Settings& settings, std::string_view name) {
    for (const std::string_view entry : settings.inherited) {
        if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) return entry.substr(name.size() + 1);
    }
    return {};
}

std::string variable(std::string_view name, std::string_view value) {
    return fmt::format("{}={}", name, value);
}

std::vector<std::string> environment_of(const ServiceFacts& service, const Settings& settings, const Layout& layout,
                                        const SecretStore& secrets, const Servers& servers) {
    auto environment = inheritable(settings.inherited);
    const auto set = [&](std::string_view name, std::string_view value) { environment.push_back(variable(name, value)); };
    const bool is_gateway = service.name == gateway;
    // Clients come through the gateway alone; the others stay on loopback whatever DARKROOM_BIND says.
    set("BIND", is_gateway && settings.bind != "localhost" ? std::string_view(settings.bind) : loopback);
    set("PORT", std::to_string(settings.port_of(service.name)));
    set("REDIS_URL", servers.redis_url);
    for (const auto& other : services) {
        if (!other.url_variable.empty()) {
            set(other.url_variable, fmt::format("http://{}:{}", loopback, settings.port_of(other.name)));
        }
    }
    const auto secret_name = SecretStore::client_secret_name(service.name);
    static_cast<void>(secrets.get_or_create(secret_name));
    set("SERVICE_SECRET_FILE", secrets.path_of(secret_name).string());
    // libpq brings LDAP and so GnuTLS along, which nobody uses; its start-up work would cost each service 0.8 MB.
    set("GNUTLS_NO_IMPLICIT_INIT", "1");
    if (!service.schema.empty()) {
        const auto role = role_of(service);
        const auto password = secrets.get_or_create(SecretStore::database_password_name(role));
        set("DATABASE_URL", servers.database_url(role, password.reveal()));
        if (const auto replica = servers.replica_url(role, password.reveal()); !replica.empty())
            set("DATABASE_REPLICA_URL", replica);
    }
    // The gateway runs beside them; what the operator told it to trust stands before it.
    if (const auto proxies = inherited(settings, "TRUSTED_PROXIES"); !is_gateway && !proxies.empty())
        set("TRUSTED_GATEWAYS", fmt::format("127.0.0.0/8, ::1, {}", proxies));
    // So that an instance that somebody starts beside it is found in the same way.
    if (!is_gateway) set("INSTANCE_URL", "auto");
    if (is_gateway && !settings.tls_certificate.empty()) {
        set("TLS_CERTIFICATE_FILE", fs::absolute(settings.tls_certificate).string());
        set("TLS_KEY_FILE", fs::absolute(settings.tls_key).string());
    }
    if (is_gateway && !settings.rate_limits.empty()) set("DARKROOM_RATE_LIMITS", settings.rate_limits);
    if (service.name == images) set("DATA_DIR", layout.images().string());
    if (service.name == auth) {
        set("AUTH_SIGNING_KEY_FILE", secrets.signing_key().string());
        set("AUTH_ENCRYPTION_KEY_FILE", secrets.encryption_key().string());
        set("AUTH_CLIENTS_FILE", secrets.clients_file().string());
        set("PUBLIC_URL", settings.public_url());
    }
    if (service.name == notifications) {
        set("PUBLIC_URL", settings.public_url());
        set("MAIL_DIR", layout.mail().string());
        if (!settings.smtp_url.empty()) set("SMTP_URL", settings.smtp_url.reveal());
        if (!settings.mail_from.empty()) set("MAIL_FROM", settings.mail_from);
    }
    return environment;
}

/// Size and time of every program: a rebuild changes it, a look does not.
std::string build_of(const fs::path& binaries) {
    std::string text;
    for (const auto& service : services) {
        const auto path = binaries / service.binary;
        std::error_code missing;
        text += fmt::format("{} {} {}\n", service.binary, fs::file_size(path, missing),
                            fs::last_write_time(path, missing).time_since_epoch().count());
    }
    return sha256_hex(text);
}

}  // namespace

std::vector<std::string> inheritable(const std::vector<std::string>& environment) {
    static constexpr std::array prefixes{"DARKROOM_", "PG"};
    static constexpr std::array names{"DATABASE_URL",
                                      "DATABASE_REPLICA_URL",
                                      "MIGRATION_DATABASE_URL",
                                      "REDIS_URL",
                                      "PORT",
                                      "BIND",
                                      "SERVICE_SECRET",
                                      "SERVICE_SECRET_FILE",
                                      "DATA_DIR",
                                      "PUBLIC_URL",
                                      "INSTANCE_URL",
                                      "TLS_CERTIFICATE_FILE",
                                      "TLS_KEY_FILE",
                                      "SMTP_URL",
                                      "SMTP_URL_FILE",
                                      "MAIL_FROM",
                                      "MAIL_DIR"};
    std::vector<std::string> result;
    for (const auto& entry : environment) {
        const auto name = std::string_view(entry).substr(0, entry.find('='));
        const bool ours = std::ranges::any_of(prefixes, [&](const char* prefix) { return name.starts_with(prefix); }) ||
                          std::ranges::any_of(names, [&](const char* taken) { return name == taken; }) ||
                          std::ranges::any_of(services, [&](const ServiceFacts& service) {
                              return name == service.port_variable || name == service.url_variable;
                          });
        if (!ours) result.push_back(entry);
    }
    return result;
}

std::vector<PlannedProcess> plan_services(const Settings& settings, const Layout& layout, const SecretStore& secrets,
                                          const Servers& servers) {
    std::vector<PlannedProcess> processes;
    for (const auto& service : services) {
        processes.push_back({.name = std::string(service.name),
                             .stage = static_cast<int>(Stage::services),
                             .arguments = {(settings.binaries / service.binary).string()},
                             .environment = environment_of(service, settings, layout, secrets, servers),
                             .directory = layout.home().string(),
                             .port = settings.port_of(service.name),
                             .log_file = layout.log_of(service.name).string()});
    }
    return processes;
}

RunFacts run_facts(const Settings& settings) {
    RunFacts facts{.version = DARKROOM_VERSION, .build = build_of(settings.binaries), .gateway = settings.gateway_url()};
    const auto remember = [&](std::string_view name, const std::string& value, std::string_view fallback = "") {
        if (value != fallback) facts.settings.emplace(name, value);
    };
    const auto remember_secret = [&](std::string_view name, const Secret& value) {
        if (!value.empty()) facts.settings.emplace(name, sha256_hex(value.reveal()));
    };
    remember("DARKROOM_BIND", settings.bind, loopback);
    remember("DARKROOM_PORT_OFFSET", std::to_string(settings.port_offset), "0");
    for (const auto& service : services) {
        const auto fallback = std::to_string(service.port + settings.port_offset);
        remember(service.port_variable, std::to_string(settings.port_of(service.name)), fallback);
    }
    remember_secret("DATABASE_URL", settings.database_url);
    remember_secret("DATABASE_REPLICA_URL", settings.database_replica_url);
    remember_secret("REDIS_URL", settings.redis_url);
    remember("DARKROOM_RATE_LIMITS", settings.rate_limits);
    remember_secret("SMTP_URL", settings.smtp_url);
    remember("MAIL_FROM", settings.mail_from);
    remember("PUBLIC_URL", settings.given_public_url);
    remember("TLS_CERTIFICATE_FILE", settings.tls_certificate.string());
    remember("TLS_KEY_FILE", settings.tls_key.string());
    remember(admin_uis_fact, settings.admin_uis ? "on" : "");
    return facts;
}

bool lacks_admin_uis(const RunFacts& running) {
    return !running.settings.contains(std::string(admin_uis_fact));
}

Settings adopt(Settings settings, const RunFacts& running) {
    const auto known = [&](std::string_view name) {
        const auto found = running.settings.find(std::string(name));
        return found == running.settings.end() ? std::string() : found->second;
    };
    if (const auto bind = known("DARKROOM_BIND"); !bind.empty()) settings.bind = bind;
    if (const auto limits = known("DARKROOM_RATE_LIMITS"); !limits.empty()) settings.rate_limits = limits;
    if (const auto sender = known("MAIL_FROM"); !sender.empty()) settings.mail_from = sender;
    if (const auto url = known("PUBLIC_URL"); !url.empty()) settings.given_public_url = url;
    settings.tls_certificate = known("TLS_CERTIFICATE_FILE");
    settings.tls_key = known("TLS_KEY_FILE");
    settings.admin_uis = settings.admin_uis || !known(admin_uis_fact).empty();
    if (const auto offset = known("DARKROOM_PORT_OFFSET"); !offset.empty() && settings.port_offset == 0) {
        settings.port_offset = std::atoi(offset.c_str());
        for (auto& [name, port] : settings.ports) port = static_cast<std::uint16_t>(port + settings.port_offset);
    }
    for (const auto& service : services) {
        const auto port = known(service.port_variable);
        if (!port.empty()) settings.ports[std::string(service.name)] = static_cast<std::uint16_t>(std::atoi(port.c_str()));
    }
    return settings;
}

std::string missing_secret(const RunFacts& wanted, const RunFacts& running) {
    for (const auto* name : {"DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "SMTP_URL"}) {
        if (running.settings.contains(name) && !wanted.settings.contains(name)) return name;
    }
    return {};
}

std::string differing_setting(const RunFacts& wanted, const RunFacts& running) {
    for (const auto& [name, value] : wanted.settings) {
        // They can be added to what runs.
        if (name == admin_uis_fact) continue;
        const auto known = running.settings.find(name);
        if (known == running.settings.end() || known->second != value) return name;
    }
    return {};
}

}  // namespace darkroom::cli
