// The variables that the command line reads: the table of the public contract. Read once, here and nowhere else.
#pragma once

#include "cli/layout.hpp"
#include "cli/topology.hpp"
#include "platform/core/environment.hpp"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace darkroom::cli {

/// What the operator asked for. Directories are absolute.
struct Settings {
    /// The checkout; the bootstrap script passes it on.
    std::filesystem::path root;
    std::filesystem::path home;
    /// Where the service binaries are.
    std::filesystem::path binaries;
    std::string bind;
    int port_offset = 0;
    /// By service name, the offset included.
    std::map<std::string, std::uint16_t, std::less<>> ports;
    Secret database_url;
    Secret database_replica_url;
    Secret redis_url;
    /// Where auth-service is when `up` did not start it; empty otherwise.
    std::string auth_url;
    std::string admin_email;
    Secret admin_password;
    std::string rate_limits;
    Secret smtp_url;
    std::string mail_from;
    /// The gateway's certificate and key: as given, or as `cert` has made them. Both empty: no TLS.
    std::filesystem::path tls_certificate;
    std::filesystem::path tls_key;
    /// Where people reach the gateway, when it is not `gateway_url`; what links in mails begin with.
    std::string given_public_url;
    /// The whole environment, "NAME=value": what is not ours is passed on to the services.
    /// `up --admin-uis`, now or when what runs was started.
    bool admin_uis = false;
    std::vector<std::string> inherited;

    static Settings load(Environment& environment, const std::filesystem::path& executable) {
        namespace fs = std::filesystem;
        Settings settings;
        const auto build = executable.parent_path().parent_path();
        // build/<preset>/bin/darkroom-cli: the checkout is two levels above the preset's directory.
        settings.root = environment.text("DARKROOM_ROOT", build.parent_path().parent_path().string(), "The checkout.");
        settings.binaries = environment.text("DARKROOM_BIN", executable.parent_path().string(), "Where the programs are.");
        settings.home = fs::absolute(environment.text("DARKROOM_HOME", (settings.root / "var").string(),
                                                      "Where data, secrets and logs live."))
                            .lexically_normal();
        settings.bind = environment.text("DARKROOM_BIND", "127.0.0.1", "Address the gateway listens on.");
        settings.port_offset =
            static_cast<int>(environment.integer("DARKROOM_PORT_OFFSET", 0, 0, 50000, "Added to every port."));
        for (const auto& service : services) {
            const auto port = environment.integer(service.port_variable, service.port + settings.port_offset, 1, 65535,
                                                  "Port of " + std::string(service.name) + ".");
            settings.ports[std::string(service.name)] = static_cast<std::uint16_t>(port);
        }
        settings.database_url = environment.secret("DATABASE_URL", "A PostgreSQL server you already have.");
        settings.database_replica_url =
            environment.secret("DATABASE_REPLICA_URL", "A replica of it, for reads that may lag a little.");
        settings.redis_url = environment.secret("REDIS_URL", "A Redis server you already have.");
        settings.auth_url =
            environment.text("AUTH_URL", "", "auth-service of a system that up did not start (containers): http://host:port.");
        settings.admin_email = environment.text("DARKROOM_ADMIN_EMAIL", "", "This admin exists after up.");
        settings.admin_password = environment.secret("DARKROOM_ADMIN_PASSWORD", "Its password; preferably by the file.");
        settings.rate_limits = environment.text("DARKROOM_RATE_LIMITS", "", "off, or requests a minute by role.");
        settings.smtp_url = environment.secret("SMTP_URL", "Outgoing mail.");
        settings.mail_from = environment.text("MAIL_FROM", "", "Sender of outgoing mail.");
        settings.tls_certificate =
            environment.text("TLS_CERTIFICATE_FILE", "", "The gateway's certificate (PEM); ./darkroom cert makes one.");
        settings.tls_key = environment.text("TLS_KEY_FILE", "", "The key of that certificate (PEM).");
        if (settings.tls_certificate.empty() != settings.tls_key.empty())
            environment.problem("TLS_CERTIFICATE_FILE", "goes together with TLS_KEY_FILE");
        const Layout layout(settings.home);
        if (settings.tls_certificate.empty() && fs::exists(layout.tls_certificate())) {
            settings.tls_certificate = layout.tls_certificate();
            settings.tls_key = layout.tls_key();
        }
        settings.given_public_url = environment.text("PUBLIC_URL", "", "Where people reach the gateway, for links in mails.");
        for (char** entry = environ; *entry != nullptr; ++entry) settings.inherited.emplace_back(*entry);
        if (settings.admin_email.empty() != settings.admin_password.empty()) {
            environment.problem("DARKROOM_ADMIN_EMAIL", "goes together with DARKROOM_ADMIN_PASSWORD_FILE");
        }
        return settings;
    }

    std::uint16_t port_of(std::string_view service) const { return ports.find(service)->second; }
    bool listens_beyond_loopback() const { return !bind.starts_with("127.") && bind != "::1" && bind != "localhost"; }
    /// An address that a client on this machine can connect to.
    std::string reachable_bind() const {
        if (bind == "0.0.0.0" || bind == "localhost") return "127.0.0.1";
        return bind == "::" ? "::1" : bind;
    }
    std::string public_url() const { return given_public_url.empty() ? gateway_url() : given_public_url; }
    std::string gateway_url() const {
        const auto host = reachable_bind();
        const bool six = host.find(':') != std::string::npos;
        return (tls_certificate.empty() ? "http://" : "https://") + (six ? "[" + host + "]" : host) + ":" +
               std::to_string(port_of(gateway));
    }
};

}  // namespace darkroom::cli
