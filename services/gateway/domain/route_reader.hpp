// One [[route]] of routes.toml.
#pragma once

#include "services/gateway/domain/route_table.hpp"

#include <toml++/toml.h>

#include <vector>

namespace darkroom::gateway {

/// What is wrong with it goes to `problems`, each with the route's place in the file: "route[2].prefix".
Route read_route(const toml::table& table, std::size_t index, std::vector<FieldError>& problems);

}  // namespace darkroom::gateway
