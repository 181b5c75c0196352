// Forward-only migrations, for commands: blocks the calling thread.
#pragma once

#include "platform/core/embedded.hpp"

#include <span>
#include <string>
#include <vector>

namespace darkroom::pg {

/// A service's place in the shared database.
struct SchemaRole {
    std::string schema;
    /// The service's login role, see `provision`.
    std::string role;
    std::string password;
};

/// Run by an administrator: makes the owner role (if absent), the service's login role and its schema, owned by `owner`; the
/// role may use the schema and read and write the tables that `owner` makes in it, its search_path is that schema, and nothing
/// else is granted. Also sets the role's password (none if empty). Harmless when done before.
void provision(const std::string& administrator_url, const SchemaRole& service, const std::string& owner,
               const std::string& owner_password);

/// Applies what is not yet applied, file by file, each in one transaction with search_path set to `schema`, under an advisory
/// lock (so that two commands started together take turns), and records it in <schema>.schema_migrations. Returns the names
/// applied now. Throws std::runtime_error when a recorded file has other content than before, or is refused by the server.
std::vector<std::string> migrate(const std::string& owner_url, const std::string& schema,
                                 const std::vector<std::span<const EmbeddedFile>>& sets);

}  // namespace darkroom::pg
