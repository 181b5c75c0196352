// user-service: profiles and the management of people.
#pragma once

#include "platform/service/service.hpp"
#include "services/users/config.hpp"

namespace darkroom::users {

/// What `main` runs.
ServiceDefinition service();

/// Embedded by CMake: migrations/*.sql.
std::span<const EmbeddedFile> migrations();

/// The composition root.
std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config);

}  // namespace darkroom::users
