#include "cli/commands/commands.hpp"
#include "cli/database.hpp"
#include "cli/migrations.hpp"

#include <fmt/format.h>

#include <iostream>

namespace darkroom::cli {

namespace {

constexpr Milliseconds server_limit = 60s;

}  // namespace

int migrate(const Settings& settings) {
    if (settings.database_url.empty()) {
        throw std::runtime_error(
            "migrate needs DATABASE_URL or DATABASE_URL_FILE, with a role that may create roles and schemas; "
            "./darkroom up migrates its own server by itself");
    }
    const auto given = std::string(settings.database_url.reveal());
    const auto administrator = for_administration(given);
    if (!database_answers(administrator, server_limit)) throw std::runtime_error("the server of DATABASE_URL does not answer");
    const SecretStore secrets(Layout(settings.home).secrets());
    provision_services(administrator, secrets);
    const auto password = secrets.get_or_create(SecretStore::database_password_name(owner_role));
    run_migrations(settings.binaries, url_for_role(given, owner_role, password.reveal()), {}, [] {});
    std::cout << "The database is ready: roles, schemas and all migrations.\n";
    return 0;
}

}  // namespace darkroom::cli
