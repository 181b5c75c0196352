// Is a port free, and if not, whose is it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::cli {

/// True when we could listen there now. `host` is a numeric address.
bool is_free(const std::string& host, std::uint16_t port);

/// "nginx (pid 123)" from /proc, "another process" when that cannot be seen (it belongs to somebody else).
std::string owner_of_port(std::uint16_t port);

}  // namespace darkroom::cli
