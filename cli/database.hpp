// The database as the services find it: a role and a schema each, migrated. Works on our private server and on a given one.
#pragma once

#include "cli/secrets.hpp"
#include "cli/topology.hpp"
#include "platform/core/time.hpp"

#include <string>

namespace darkroom::cli {

/// Waits until the server accepts connections; false past the limit.
bool database_answers(const std::string& url, Milliseconds limit);

/// Creates the database of that name through `administrator_url` (a connection to another one) when it is absent.
void create_database(const std::string& administrator_url, std::string_view name);

/// Roles, schemas and grants for every service that has a schema. Harmless when done before. Throws std::runtime_error that
/// says what is missing when the administrator may not do it.
void provision_services(const std::string& administrator_url, const SecretStore& secrets);

/// What roles, schemas and migrations go through: DATABASE_URL, or with pgbouncer=true what its `direct` says. Throws
/// std::runtime_error when it says nothing.
std::string for_administration(const std::string& url);

/// The same server (or pooler) and database for another role.
std::string url_for_role(const std::string& url, std::string_view role, std::string_view password);

/// "darkroom_users"
inline std::string role_of(const ServiceFacts& service) {
    return "darkroom_" + std::string(service.schema);
}

}  // namespace darkroom::cli
