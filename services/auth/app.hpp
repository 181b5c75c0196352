// auth-service: accounts, sessions, tokens.
#pragma once

#include "platform/service/service.hpp"
#include "services/auth/config.hpp"

namespace darkroom::accounts {

/// What `main` runs.
ServiceDefinition service();

/// Embedded by CMake: migrations/*.sql.
std::span<const EmbeddedFile> migrations();

/// The composition root. Throws std::runtime_error when a key or client file cannot be read.
std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config);

}  // namespace darkroom::accounts
